import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'
import { memberEvent, onMember } from './member-event.ts'

export const setRole = operation({
  name: 'setRole',
  summary: 'Gives a member another role. Who makes somebody the owner becomes an admin.',
  input: onMember.extend({ role: fields.role }),
  output: stored,
  action: 'roles',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/members/:user/role', status: 201 },
  frame: { type: 'role', answer: ack },
  handle({ room, user, clientId, role }, call) {
    return call.append(room, memberEvent(clientId, { user, change: 'role', role }), { subject: user })
  },
})
