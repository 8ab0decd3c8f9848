import { z } from 'zod'
import { AppError } from '../../support/errors.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { person } from './person.ts'

export const getUser = operation({
  name: 'getUser',
  summary: 'Describes a user whom the user can find, or the user.',
  input: z.object({ user: fields.user }),
  output: person,
  limit: 'people',
  isNew: true,
  http: { method: 'GET', path: '/api/chat/people/:user' },
  async handle({ user }, { services, session }) {
    const found = await services.people.get(session.userId, user)
    if (!found) throw new AppError('not_found', `there is no user "${user}"`, 'user')
    return found
  },
})
