import { z } from 'zod'
import { AppError } from '../../support/errors.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const block = operation({
  name: 'blockUser',
  summary: 'Neither of the two sends the other direct messages or invitations any more. What was sent can be read.',
  input: z.object({ user: fields.user }),
  output: z.object({ user: fields.user }),
  isNew: true,
  http: { method: 'POST', path: '/api/chat/blocks', status: 201 },
  frame: { type: 'block', answer: { type: 'blocked' } },
  async handle({ user }, { services, session }) {
    if (user === session.user) throw new AppError('bad_request', `"${user}" is you: name another user`, 'user')
    return { user, repeated: await services.blocks.add(session.userId, user) }
  },
})
