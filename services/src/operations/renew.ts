import { z } from 'zod'
import { AppError } from '../support/errors.ts'
import { operation } from './operation.ts'

export const renew = operation({
  name: 'renewToken',
  summary: 'Goes on with another token of the same user and session: the connection lives until it expires.',
  input: z.object({ token: z.string('must be a text') }),
  output: z.object({ expiresAt: z.iso.datetime() }),
  frame: { type: 'renew', answer: { type: 'renewed' } },
  async handle({ token }, { connection }) {
    if (!connection) throw new AppError('internal', 'only a connection renews its token')
    const { expiresAt } = await connection.renew(token)
    return { expiresAt: new Date(expiresAt).toISOString() }
  },
})
