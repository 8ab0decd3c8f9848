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
  handle({ users }, call) {
    contextOf(call).feed.watch(new Set(users))
    return Promise.resolve({})
  },
})
