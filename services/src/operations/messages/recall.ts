import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'

export const recall = operation({
  name: 'recallMessage',
  summary: 'Takes a message back: its text is gone, its number stays.',
  input: z.object({ room: fields.room, target: fields.target, clientId: fields.clientId }),
  output: stored,
  // An administrator of the system recalls, too; the kind of the event knows whose message it is.
  action: 'see',
  limit: 'unacknowledged',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/messages/:target/recall', status: 201 },
  frame: { type: 'send', kind: 'recall', answer: ack },
  handle({ room, target, clientId }, call) {
    return call.send(room, { kind: 'recall', target, clientId })
  },
})
