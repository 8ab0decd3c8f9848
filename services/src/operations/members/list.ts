import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

const output = z.object({
  room: fields.room,
  members: z
    .array(
      z.object({
        user: z.string(),
        displayName: z.string().optional(),
        isDeleted: z.literal(true).optional(),
        role: fields.role,
        joinedAt: fields.count,
        mutedUntil: fields.count.optional(),
      }),
    )
    .readonly(),
  ...fields.next,
})

export const list = operation({
  name: 'listMembers',
  summary: 'Lists the members of a room, by name.',
  input: z.object({ room: fields.room, ...fields.paged }),
  output,
  action: 'read',
  isNew: true,
  http: { method: 'GET', path: '/api/chat/rooms/:room/members' },
  frame: { type: 'members', answer: { type: 'members' } },
  async handle({ room, cursor, limit }, call) {
    const { key } = await call.enter(room)
    return { room: key.slug, ...(await call.services.members.page(key.id, cursor, limit)) }
  },
})
