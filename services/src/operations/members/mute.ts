import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'
import { memberEvent, onMember } from './member-event.ts'

export const mute = operation({
  name: 'muteMember',
  summary: 'Keeps a member from writing until a time. 0 ends that.',
  input: onMember.extend({
    mutedUntil: fields.count.describe('milliseconds since 1970, by the clock of the database'),
  }),
  output: stored,
  action: 'mute',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/members/:user/mute', status: 201 },
  frame: { type: 'mute', answer: ack },
  handle({ room, user, clientId, mutedUntil }, call) {
    return call.append(room, memberEvent(clientId, { user, change: 'muted', mutedUntil }), { subject: user })
  },
})
