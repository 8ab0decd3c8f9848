import type { Presence } from '../fanout/presence.ts'
import type { Policy } from '../policy/policy.ts'
import type { FollowedRooms } from '../room/followed-rooms.ts'
import type { Hub } from '../room/hub.ts'
import type { ReadMarks } from '../room/read-marks.ts'
import type { Blocks } from '../store/blocks.ts'
import type { Events } from '../store/events.ts'
import type { Inboxes } from '../store/inbox.ts'
import type { RoomStates } from '../store/room-states.ts'
import type { Bus } from '../fanout/bus.ts'
import type { Typing } from './typing.ts'
import type { Semaphore } from '../support/semaphore.ts'
import type { UserInboxes } from './user-inboxes.ts'

/** What the feeds of all connections share. */
export interface FeedServices {
  /** While it is off, pods of the release before may run, which number no messages. */
  readonly features: { readonly isOn: boolean }
  readonly policy: Policy
  readonly hub: Pick<Hub, 'opened'>
  readonly bus: Pick<Bus, 'publishEphemeral'>
  readonly events: Events
  readonly states: RoomStates
  /** Bounds how many `sync` frames are read at a time. */
  readonly syncs: Semaphore
  readonly followed: FollowedRooms
  readonly marks: ReadMarks
  readonly typing: Typing
  readonly blocks: Blocks
  readonly presence: Presence
  readonly inboxes: Inboxes
  readonly userInboxes: UserInboxes
}
