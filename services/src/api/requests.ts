import { z } from 'zod'
import { isProbeName, isUserName, RULES } from '../protocol/names.ts'
import { newNameFault } from '../protocol/user-names.ts'

const rule = (holds: (value: unknown) => boolean, text: string) => z.custom<string>(holds, { error: `must be ${text}` })

const userName = z.unknown().superRefine((value, context) => {
  const fault = newNameFault(value)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
}) as z.ZodType<string>
const knownUser = rule((value) => isUserName(value) || isProbeName(value), RULES.user)

const password = z.string('must be a text')

export const newUser = z.object({ name: userName, password })
export const credentials = z.object({ name: knownUser, password })

export { parse } from '../operations/input.ts'
