import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const direct = operation({
  name: 'openDirectRoom',
  summary: 'Finds the room of two users, or makes it. Both find the same one. The other one may be the user.',
  input: z.object({ user: fields.user }),
  output: z.object({ room: fields.room, user: fields.user, ...fields.position }),
  limit: 'rooms',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/direct-rooms' },
  async handle({ user }, { services, session }) {
    return { user, ...(await services.directRooms.open(session.user, user)) }
  },
})
