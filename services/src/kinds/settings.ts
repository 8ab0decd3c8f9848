import { z } from 'zod'
import { textFault } from '../protocol/text.ts'
import { MAX_TITLE_CHARACTERS, MAX_TOPIC_CHARACTERS } from '../support/limits.ts'
import { ask } from './ask.ts'
import type { EventKind } from './kind.ts'

const line = (most: number, least: number) =>
  z
    .string()
    .min(least)
    .max(most)
    .superRefine((value, context) => {
      const fault = textFault(value, { hasLines: false })
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    })

const DAY_SECONDS = 86_400
const seconds = z
  .int()
  .min(1)
  .max(3650 * DAY_SECONDS)
  .nullable()

/** Each setting with its column; null takes a limit away. */
const data = z
  .object({
    title: line(MAX_TITLE_CHARACTERS, 1),
    topic: line(MAX_TOPIC_CHARACTERS, 0),
    join: z.enum(['open', 'request', 'invite']),
    post: z.enum(['everyone', 'admins']),
    history: z.enum(['all', 'since-joining']),
    recallWithinSeconds: seconds,
    expireAfterSeconds: seconds,
    maxMembers: z.int().min(1).nullable(),
    ended: z.literal(true),
  })
  .partial()
  .refine((value) => Object.keys(value).length > 0, { error: 'must have at least one setting' })

type Settings = z.infer<typeof data>

const COLUMNS: Readonly<Record<Exclude<keyof Settings, 'ended'>, string>> = {
  title: 'title',
  topic: 'topic',
  join: 'join_rule',
  post: 'post_rule',
  history: 'history_rule',
  recallWithinSeconds: 'recall_within_seconds',
  expireAfterSeconds: 'expire_after_seconds',
  maxMembers: 'max_members',
}

/** Other properties of the room, or its end. */
export const SETTINGS: EventKind = {
  name: 'settings',
  data,
  apply: (step) => {
    const { event, room, state, seq } = step
    const { ended, ...settings } = event.data as Settings
    const isChanged = Object.keys(settings).length > 0
    const refusal = (isChanged && ask('settings', step)) || (ended && ask('end', step))
    if (refusal) return refusal
    const { join = room.rules.join, post = room.rules.post, history = room.rules.history } = settings
    room.rules = { ...room.rules, join, post, history }
    if (settings.recallWithinSeconds !== undefined) room.recallWithinSeconds = settings.recallWithinSeconds ?? undefined
    if (settings.maxMembers !== undefined) room.maxMembers = settings.maxMembers ?? undefined
    const columns = Object.entries(settings).map(([name, value]) => [COLUMNS[name as keyof typeof COLUMNS], value])
    if (ended) {
      room.rules = { ...room.rules, endedAt: room.at }
      columns.push(['ended_at', room.at])
    }
    state.changeRoom(room.id, Object.fromEntries(columns))
    for (const user of state.told(room.id)) state.tell({ user, kind: 'room', room: room.id, seq })
    return undefined
  },
}
