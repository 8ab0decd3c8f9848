import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const listBlocks = operation({
  name: 'listBlocks',
  summary: 'Lists whom the user has blocked.',
  input: z.object(fields.paged),
  output: z.object({
    blocks: z.array(z.object({ user: z.string(), at: fields.count })).readonly(),
    ...fields.next,
  }),
  isNew: true,
  http: { method: 'GET', path: '/api/chat/blocks' },
  frame: { type: 'blocks', answer: { type: 'blocks' } },
  handle({ cursor, limit }, { services, session }) {
    return services.blocks.page(session.userId, cursor, limit)
  },
})
