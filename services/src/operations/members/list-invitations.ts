import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const listInvitations = operation({
  name: 'listInvitations',
  summary: 'Lists the rooms to which the user is invited, or that the user has asked to join.',
  input: z.object(fields.paged),
  output: z.object({
    invitations: z
      .array(
        z.object({
          room: fields.room,
          title: z.string(),
          state: fields.oneOf(['invited', 'requested']),
          at: fields.count,
        }),
      )
      .readonly(),
    ...fields.next,
  }),
  isNew: true,
  http: { method: 'GET', path: '/api/chat/invitations' },
  frame: { type: 'invitations', answer: { type: 'invitations' } },
  handle({ cursor, limit }, { services, session }) {
    return services.invitations.ofUser(session.user, cursor, limit)
  },
})
