import { z } from 'zod'
import { MAX_TOPIC_CHARACTERS } from '../../support/limits.ts'
import type { RoomAccess } from '../../store/room-access.ts'
import * as fields from '../fields.ts'

const DAY_SECONDS = 86_400

const time = fields.count.describe('milliseconds since 1970, by the clock of the database')
const seconds = fields.between(1, 3650 * DAY_SECONDS)

const members = fields.between(1, Number.MAX_SAFE_INTEGER)

/** What the settings of a room are; `null` takes a limit away. */
export const settings = {
  title: fields.title,
  topic: fields.text(MAX_TOPIC_CHARACTERS, { hasLines: false, least: 0 }),
  ...fields.rules,
  recallWithinSeconds: seconds.nullable(),
  expireAfterSeconds: seconds.nullable(),
  maxMembers: members.nullable(),
}

/** A room as a user sees it. */
export const roomView = z.object({
  room: fields.room,
  kind: z.string().describe('`direct`, `group`, `public`, or what a later release adds'),
  ...settings,
  title: z.string(),
  topic: z.string().optional(),
  recallWithinSeconds: seconds.optional(),
  expireAfterSeconds: seconds.optional(),
  maxMembers: members.optional(),
  ...fields.position,
  endedAt: time.optional(),
  role: fields.role.optional().describe('the role of the user; absent for one who is no member'),
  mutedUntil: time.optional(),
  invitation: fields.oneOf(['invited', 'requested']).optional(),
})

export function viewOf(room: RoomAccess): z.input<typeof roomView> {
  const { key, rules, asker, title, topic, recallWithinSeconds, expireAfterSeconds, maxMembers, epoch } = room
  const { member, invitation } = asker
  return {
    room: key.slug,
    ...rules,
    title,
    topic,
    recallWithinSeconds,
    expireAfterSeconds,
    maxMembers,
    epoch,
    seq: room.lastSeq,
    role: member?.role,
    mutedUntil: member?.mutedUntil,
    invitation,
  }
}
