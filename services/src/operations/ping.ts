import { z } from 'zod'
import { operation } from './operation.ts'

export const ping = operation({
  name: 'ping',
  summary: 'Is answered at once.',
  input: z.object({}),
  output: z.object({}),
  frame: { type: 'ping', answer: { type: 'pong' } },
  handle: () => Promise.resolve({}),
})
