import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'

export const pin = operation({
  name: 'pinMessage',
  summary: 'Pins a message to its room, or removes the pin.',
  input: z.object({ room: fields.room, target: fields.target, clientId: fields.clientId, change: fields.change }),
  output: stored,
  action: 'pin',
  limit: 'unacknowledged',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/messages/:target/pin', status: 201 },
  frame: { type: 'send', kind: 'pin', answer: ack },
  handle({ room, target, clientId, change }, call) {
    return call.send(room, { kind: 'pin', target, clientId, data: { change } })
  },
})
