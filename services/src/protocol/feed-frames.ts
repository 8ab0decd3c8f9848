import { z } from 'zod'
import { MAX_SYNC_ROOMS, MAX_WATCHED_USERS } from '../support/limits.ts'
import { KNOWN_ROOM_NAME, KNOWN_USER_NAME, RULES } from './names.ts'

const named = (pattern: RegExp, rule: string) => z.string(`must be ${rule}`).regex(pattern, `must be ${rule}`)

const room = named(KNOWN_ROOM_NAME, RULES.room)
const user = named(KNOWN_USER_NAME, RULES.user)
const COUNT_RULE = `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`
const count = z.int(COUNT_RULE).min(0, COUNT_RULE)
const cursor = z.object({ epoch: count, seq: count }, 'must be an object {epoch, seq}')
const ROOMS_RULE = `must be a list of at most ${MAX_SYNC_ROOMS} rooms`

/** Asks for the state of many rooms and of the user's inbox, and follows them from now on. */
export const syncFrame = z.object({
  rooms: z
    .array(
      z.object({
        room,
        /** The client has every event up to this one. */
        after: cursor.nullish(),
        /** The client has every change of the messages that it keeps up to this event. */
        changedSeq: count.nullish(),
      }),
      ROOMS_RULE,
    )
    .max(MAX_SYNC_ROOMS, ROOMS_RULE)
    .default([]),
  /** The number of the last entry that the client has; without it the client gets the list of its rooms. */
  inbox: z.object({ no: count.nullish() }).nullish(),
})

/**
 * Asks which messages up to `upTo` were changed by events after `after`; of those that this very event has changed (an
 * expiry changes many), the ones after `seq`.
 */
export const changesFrame = z.object({
  room,
  epoch: count,
  after: count,
  seq: count.nullish(),
  upTo: count,
})

/** The user has read everything up to this event. */
export const readFrame = z.object({ room, seq: count })

export const typingFrame = z.object({ room })

const USERS_RULE = `must be a list of at most ${MAX_WATCHED_USERS} users`

/** Asks for the presence of these users, and of no others, from now on. */
export const watchFrame = z.object({
  users: z.array(user, USERS_RULE).max(MAX_WATCHED_USERS, USERS_RULE),
})

export type SyncFrame = z.infer<typeof syncFrame>
export type ChangesFrame = z.infer<typeof changesFrame>
export type ReadFrame = z.infer<typeof readFrame>
export type TypingFrame = z.infer<typeof typingFrame>
export type WatchFrame = z.infer<typeof watchFrame>

/** What a connection is asked about rooms that it need not have joined. */
export type FeedRequest =
  | ({ readonly type: 'sync' } & SyncFrame)
  | ({ readonly type: 'changes' } & ChangesFrame)
  | ({ readonly type: 'read' } & ReadFrame)
  | ({ readonly type: 'typing' } & TypingFrame)
  | ({ readonly type: 'watch' } & WatchFrame)
