import { z } from 'zod'
import { MAX_DISPLAY_NAME_CHARACTERS } from '../../support/limits.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { person } from './person.ts'

/** Letters, digits, symbols and punctuation. Some letters are invisible. */
const SEEN = /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}\p{S}\p{P}]/u

const displayName = fields
  .text(MAX_DISPLAY_NAME_CHARACTERS, { hasLines: false })
  .refine((text) => SEEN.test(text), 'must have a character that can be seen')

export const setDisplayName = operation({
  name: 'setDisplayName',
  summary: 'Sets how the user wants to be called. It need not be unique, and takes effect in what is read from now on.',
  input: z.object({ displayName: fields.optional(displayName).describe('none without it, or with `null`') }),
  output: person,
  isNew: true,
  http: { method: 'POST', path: '/api/chat/display-name' },
  async handle({ displayName }, { services, session }) {
    await services.people.setDisplayName(session.userId, displayName)
    return { user: session.user, ...(displayName !== undefined && { displayName }) }
  },
})
