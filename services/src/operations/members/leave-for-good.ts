import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'
import { memberEvent } from './member-event.ts'

export const leaveForGood = operation({
  name: 'leaveRoom',
  summary: 'Ends the own membership. An owner makes somebody else the owner first.',
  input: z.object({ room: fields.room, clientId: fields.clientId }),
  output: stored,
  action: 'leave',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/leave', status: 201 },
  frame: { type: 'quit', answer: ack },
  handle({ room, clientId }, call) {
    return call.append(room, memberEvent(clientId, { user: call.session.user, change: 'left' }))
  },
})
