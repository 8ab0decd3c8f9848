import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'

export const end = operation({
  name: 'endRoom',
  summary: 'Ends a room for good. Its members can still read it.',
  input: z.object({ room: fields.room, clientId: fields.clientId }),
  output: stored,
  action: 'end',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/end', status: 201 },
  frame: { type: 'end', answer: ack },
  handle({ room, clientId }, call) {
    return call.append(room, { kind: 'settings', clientId, data: { ended: true } })
  },
})
