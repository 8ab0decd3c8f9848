import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'
import { memberEvent, onMember } from './member-event.ts'

export const remove = operation({
  name: 'removeMember',
  summary: 'Ends the membership of another user.',
  input: onMember,
  output: stored,
  action: 'remove',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/members/:user/remove', status: 201 },
  frame: { type: 'remove', answer: ack },
  handle({ room, user, clientId }, call) {
    return call.append(room, memberEvent(clientId, { user, change: 'removed' }), { subject: user })
  },
})
