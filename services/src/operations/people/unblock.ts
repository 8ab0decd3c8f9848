import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const unblock = operation({
  name: 'unblockUser',
  summary: 'Ends a block that the user has made.',
  input: z.object({ user: fields.user }),
  output: z.object({ user: fields.user }),
  isNew: true,
  http: { method: 'POST', path: '/api/chat/blocks/:user/remove' },
  frame: { type: 'unblock', answer: { type: 'unblocked' } },
  async handle({ user }, { services, session }) {
    await services.blocks.remove(session.userId, user)
    return { user }
  },
})
