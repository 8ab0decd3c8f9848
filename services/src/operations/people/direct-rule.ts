import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

const from = fields.oneOf(['everyone', 'nobody'])

export const directRule = operation({
  name: 'setDirectRule',
  summary: 'Says from whom the user takes new direct rooms. Those that exist stay.',
  input: z.object({ from }),
  output: z.object({ from }),
  isNew: true,
  http: { method: 'POST', path: '/api/chat/direct-rule' },
  frame: { type: 'direct-rule', answer: { type: 'direct-rule' } },
  async handle({ from }, { services, session }) {
    await services.directRooms.setRule(session.userId, from)
    return { from }
  },
})
