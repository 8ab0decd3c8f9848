import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const notify = operation({
  name: 'setNotify',
  summary: 'Says of which messages of a room the user wants to be notified, on all devices.',
  input: z.object({ room: fields.room, notify: fields.notify }),
  output: z.object({ room: fields.room, notify: fields.notify }),
  action: 'notify',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/notify' },
  frame: { type: 'notify', answer: { type: 'notify' } },
  async handle({ room, notify }, call) {
    const { key, lastSeq } = await call.enter(room)
    const { user, userId } = call.session
    await call.services.ownRooms.setNotify(key.id, { user, userId, notify, seq: lastSeq })
    return { room: key.slug, notify }
  },
})
