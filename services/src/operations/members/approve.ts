import { AppError } from '../../support/errors.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'
import { memberEvent, onMember } from './member-event.ts'

export const approve = operation({
  name: 'approveRequest',
  summary: 'Admits a user who has asked to join.',
  input: onMember,
  output: stored,
  action: 'approve',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/requests/:user/approve', status: 201 },
  frame: { type: 'approve', answer: ack },
  handle({ room, user, clientId }, call) {
    return call.append(room, memberEvent(clientId, { user, change: 'joined' }), {
      subject: user,
      check: ({ subject: { member, invitation } }) =>
        member || invitation === 'requested'
          ? undefined
          : new AppError('not_found', `"${user}" has not asked to join the room "${room}": invite them`, 'user'),
    })
  },
})
