import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'
import { memberEvent } from './member-event.ts'

export const accept = operation({
  name: 'acceptInvitation',
  summary: 'Accepts an invitation: the user becomes a member.',
  input: z.object({ room: fields.room, clientId: fields.clientId }),
  output: stored,
  action: 'join',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/invitations/accept', status: 201 },
  frame: { type: 'accept', answer: ack },
  handle({ room, clientId }, call) {
    return call.append(room, memberEvent(clientId, { user: call.session.user, change: 'joined' }))
  },
})
