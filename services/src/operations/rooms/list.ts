import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const list = operation({
  name: 'listRooms',
  summary: 'Lists the rooms of which the user is a member.',
  input: z.object(fields.paged),
  output: z.object({
    rooms: z
      .array(
        z.object({
          room: fields.room,
          kind: z.string(),
          title: z.string(),
          peer: z.string().optional().describe('the other user of a direct room'),
          peerName: z.string().optional().describe('the display name of that user'),
          isPeerDeleted: z.literal(true).optional().describe('the account of that user was deleted'),
          role: fields.role,
          ...fields.position,
          readSeq: fields.count,
          notify: fields.notify,
          endedAt: fields.count.optional(),
        }),
      )
      .readonly(),
    ...fields.next,
  }),
  isNew: true,
  http: { method: 'GET', path: '/api/chat/rooms' },
  frame: { type: 'rooms', answer: { type: 'rooms' } },
  handle({ cursor, limit }, { services, session }) {
    return services.ownRooms.page(session.user, cursor, limit)
  },
})
