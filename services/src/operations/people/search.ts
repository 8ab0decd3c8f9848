import { z } from 'zod'
import { DEFAULT_FOUND_PEOPLE, MAX_FOUND_PEOPLE, MAX_QUERY_CHARACTERS } from '../../support/limits.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { person } from './person.ts'

export const search = operation({
  name: 'searchPeople',
  summary:
    'Finds people whose name or display name begins with a text, by name. Who is banned or deleted, or blocks the user or is blocked, is not found.',
  input: z.object({
    query: fields.text(MAX_QUERY_CHARACTERS, { hasLines: false }).describe('whatever its case and accents'),
    limit: fields.optional(fields.between(1, MAX_FOUND_PEOPLE)).transform((limit) => limit ?? DEFAULT_FOUND_PEOPLE),
  }),
  output: z.object({ people: z.array(person).readonly() }),
  limit: 'people',
  isNew: true,
  http: { method: 'GET', path: '/api/chat/people' },
  async handle({ query, limit }, { services, session }) {
    return { people: await services.people.find(session.userId, query, limit) }
  },
})
