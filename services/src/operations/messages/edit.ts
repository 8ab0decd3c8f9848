import { z } from 'zod'
import { bodyFault } from '../../protocol/names.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'

export const edit = operation({
  name: 'editMessage',
  summary: 'Replaces the text of an own message.',
  input: z.object({
    room: fields.room,
    target: fields.target,
    clientId: fields.clientId,
    body: fields.body,
  }),
  output: stored,
  action: 'edit-own',
  limit: 'unacknowledged',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/messages/:target/edit', status: 201 },
  frame: { type: 'send', kind: 'edit', answer: ack },
  handle({ room, target, clientId, body }, call) {
    return call.send(room, { kind: 'edit', target, clientId, body, fault: bodyFault(body) })
  },
})
