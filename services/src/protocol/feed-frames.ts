import { z } from 'zod'
import { AppError } from '../support/errors.ts'
import { MAX_SYNC_ROOMS, MAX_WATCHED_USERS } from '../support/limits.ts'
import { isProbeName, isRoomName, isUserName, RULES, shown } from './names.ts'

const rule = (holds: (value: unknown) => boolean, text: string) => z.custom<string>(holds, { error: `must be ${text}` })

const room = rule((value) => isRoomName(value) || isProbeName(value), RULES.room)
const user = rule((value) => isUserName(value) || isProbeName(value), RULES.user)
const COUNT_RULE = `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`
const count = z.int(COUNT_RULE).min(0, COUNT_RULE)
const cursor = z.object({ epoch: count, seq: count }, 'must be an object {epoch, seq}')
const ROOMS_RULE = `must be a list of at most ${MAX_SYNC_ROOMS} rooms`

/** Asks for the state of many rooms and of the user's inbox, and follows them from now on. */
export const syncFrame = z.object({
  type: z.literal('sync'),
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
  type: z.literal('changes'),
  room,
  epoch: count,
  after: count,
  seq: count.nullish(),
  upTo: count,
})

/** The user has read everything up to this event. */
export const readFrame = z.object({ type: z.literal('read'), room, seq: count })

export const typingFrame = z.object({ type: z.literal('typing'), room })

const USERS_RULE = `must be a list of at most ${MAX_WATCHED_USERS} users`

/** Asks for the presence of these users, and of no others, from now on. */
export const watchFrame = z.object({
  type: z.literal('watch'),
  users: z.array(user, USERS_RULE).max(MAX_WATCHED_USERS, USERS_RULE),
})

export type SyncFrame = z.infer<typeof syncFrame>
export type ChangesFrame = z.infer<typeof changesFrame>
export type ReadFrame = z.infer<typeof readFrame>
export type TypingFrame = z.infer<typeof typingFrame>
export type WatchFrame = z.infer<typeof watchFrame>

export type FeedRequest = SyncFrame | ChangesFrame | ReadFrame | TypingFrame | WatchFrame

const SCHEMAS = { sync: syncFrame, changes: changesFrame, read: readFrame, typing: typingFrame, watch: watchFrame }

export const FEED_TYPES = Object.keys(SCHEMAS) as FeedRequest['type'][]

/** @throws AppError `bad_request` with the field, the value and the rule */
export function parseFeedFrame(type: FeedRequest['type'], fields: unknown): FeedRequest {
  const parsed = SCHEMAS[type].safeParse(fields)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue?.path ?? []
  const value = path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key], fields)
  throw new AppError('bad_request', `${shown(value)}: ${issue?.message ?? 'is invalid'}`, path.map(String).join('.'))
}
