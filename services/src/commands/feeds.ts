import { Presence } from '../fanout/presence.ts'
import type { FeedServices } from '../connection/feed-services.ts'
import { Typing } from '../connection/typing.ts'
import { UserInboxes } from '../connection/user-inboxes.ts'
import { FollowedRooms } from '../room/followed-rooms.ts'
import type { Hub } from '../room/hub.ts'
import { ReadMarks } from '../room/read-marks.ts'
import { ChannelNames } from '../store/channel-names.ts'
import type { Database, Row } from '../store/database.ts'
import { Inboxes } from '../store/inbox.ts'
import { RoomStates } from '../store/room-states.ts'
import { UserIds } from '../store/user-ids.ts'
import { memoryShares } from '../support/memory.ts'
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
export function openFeeds({ bus, database }: Backend, hub: Hub, onError: (error: unknown) => void): Feeds {
  const names = new ChannelNames(database, onError)
  const userIds = new UserIds(database)
  const inboxes = new Inboxes(database)
  const marks: ReadMarks = new ReadMarks({
    database,
    bus,
    onWritten: ({ room, user, no, mentions }) => followed.marked(room, user, no, mentions),
    onError,
  })
  const followed = new FollowedRooms({
    bus,
    maxBytes: memoryShares().followsBytes,
    onOwnMessage: (room, user, seq) => {
      userIds
        .of(user)
        .then((userId) => marks.add(room, { user, userId, seq }))
        .catch(onError)
    },
  })
  const presence = new Presence({ bus, names })
  const userInboxes = new UserInboxes({ bus, names, inboxes, onError })
  const features = new TypedEvents(database, onError)
  return {
    services: {
      features,
      hub,
      bus,
      states: new RoomStates(database),
      followed,
      marks,
      typing: new Typing(),
      presence,
      inboxes,
      userInboxes,
      userIdOf: ({ user }) => userIds.of(user),
    },
    start: () => {
      void names.start()
      void features.start()
      presence.start()
      userInboxes.start()
    },
    flush: () => marks.flush(),
    stop: () => {
      names.stop()
      features.stop()
      presence.stop()
      userInboxes.stop()
      followed.close()
    },
  }
}

const FEATURE_INTERVAL_MS = 1000

/** Whether every process numbers messages: once it does, for ever. */
class TypedEvents {
  readonly #database: Database
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #isOn = false

  constructor(database: Database, onError: (error: unknown) => void) {
    this.#database = database
    this.#onError = onError
  }

  get isOn(): boolean {
    return this.#isOn
  }

  /** Asks once a second until it is on. */
  async start(): Promise<void> {
    try {
      const rows = await this.#database.query<Row>(
        `SELECT 1 FROM features WHERE name = 'typed-events' AND enabled_at IS NOT NULL`,
      )
      this.#isOn = rows.length > 0
    } catch (error) {
      this.#onError(error)
    }
    if (!this.#isOn) this.#timer = setTimeout(() => void this.start(), FEATURE_INTERVAL_MS).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
