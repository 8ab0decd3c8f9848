import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const listRequests = operation({
  name: 'listRequests',
  summary: 'Lists the users who have asked to join a room, or are invited.',
  input: z.object({ room: fields.room, ...fields.paged }),
  output: z.object({
    room: fields.room,
    requests: z
      .array(z.object({ user: z.string(), state: fields.oneOf(['invited', 'requested']), at: fields.count }))
      .readonly(),
    ...fields.next,
  }),
  action: 'approve',
  isNew: true,
  http: { method: 'GET', path: '/api/chat/rooms/:room/requests' },
  frame: { type: 'requests', answer: { type: 'requests' } },
  async handle({ room, cursor, limit }, call) {
    const { key } = await call.enter(room)
    return { room: key.slug, ...(await call.services.invitations.ofRoom(key.id, cursor, limit)) }
  },
})
