import { z } from 'zod'
import { MAX_WATCHED_USERS } from '../../support/limits.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { contextOf } from './context.ts'

const RULE = `must be a list of at most ${MAX_WATCHED_USERS} users`

export const watch = operation({
  name: 'watchUsers',
  summary: 'Asks for the presence of these users, and of no others: it follows, and so does each change of it.',
  input: z.object({ users: z.array(fields.user, RULE).max(MAX_WATCHED_USERS, RULE) }),
  output: z.object({}),
  isNew: true,
  frame: { type: 'watch', answer: { type: 'watching' } },
  async handle({ users }, call) {
    const { feed, outlet, services, session } = contextOf(call)
    const blocked = await services.blocks.among(session.userId, users)
    feed.watch(new Set(users).difference(blocked))
    for (const user of blocked) outlet.send({ type: 'presence', user, state: 'offline' })
    return {}
  },
})
