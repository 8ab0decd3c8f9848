import { Presence } from '../fanout/presence.ts'
import type { FeedServices } from '../feed/feed-services.ts'
import { Typing } from '../feed/typing.ts'
import { UserInboxes } from '../feed/user-inboxes.ts'
import { FollowedRooms } from '../room/followed-rooms.ts'
import type { Hub } from '../room/hub.ts'
import { ReadMarks } from '../room/read-marks.ts'
import { Inboxes } from '../store/inbox.ts'
import { RoomStates } from '../store/room-states.ts'
import { MAX_WAITING_READS, SYNCS_AT_A_TIME } from '../support/limits.ts'
import { memoryShares } from '../support/memory.ts'
import { Semaphore } from '../support/semaphore.ts'
import type { Backend } from './backend.ts'

export interface Feeds {
  readonly services: FeedServices
  start(): void
  /** Writes the read marks that wait. */
  flush(): Promise<void>
  /** Ends the timers, and tells that no user has a connection any more. */
  stop(): void
}

/** Opens what the feeds of all connections share. */
export function openFeeds(backend: Backend, hub: Hub, onError: (error: unknown) => void): Feeds {
  const { bus, blocks, database, features, events, kinds, channelNames: names } = backend
  const inboxes = new Inboxes(database)
  const marks: ReadMarks = new ReadMarks({
    database,
    bus,
    lastSeqOf: (room) => followed.lastSeqOf(room),
    onWritten: ({ room, user, no, mentions }) => followed.marked(room, user, no, mentions),
    onError,
  })
  const states = new RoomStates(database)
  const followed = new FollowedRooms({
    bus,
    membersOf: (users) => states.membersOf(users),
    onError,
    maxBytes: memoryShares().followsBytes,
    // Called while a message of Redis is received, where an error would end the process.
    onOwnMessage: (room, mark) => void marks.offer(room, mark),
  })
  const presence = new Presence({ bus, names })
  const userInboxes = new UserInboxes({ bus, names, inboxes, onError })
  return {
    services: {
      features,
      policy: kinds.policy,
      hub,
      bus,
      events,
      states,
      syncs: new Semaphore(SYNCS_AT_A_TIME, MAX_WAITING_READS),
      followed,
      marks,
      typing: new Typing(),
      blocks,
      presence,
      inboxes,
      userInboxes,
    },
    start: () => {
      presence.start()
      userInboxes.start()
    },
    flush: () => marks.flush(),
    stop: () => {
      presence.stop()
      userInboxes.stop()
      followed.close()
    },
  }
}
