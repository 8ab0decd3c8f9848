import { z } from 'zod'
import { AppError } from '../support/errors.ts'
import { bodyFault, isClientId, isRoomName, isUserName, maxBodyBytes, rules, shown } from '../protocol/names.ts'
import { maxHistory } from '../protocol/client-frames.ts'

const rule = <T extends string>(holds: (value: unknown) => value is T, text: string) =>
  z.custom<T>(holds, { error: `must be ${text}` })

export const userName = rule(isUserName, rules.user)
export const roomName = rule(isRoomName, rules.room)
const clientId = rule(isClientId, rules.clientId)

const body = z.string(`must be ${rules.body}`).superRefine((value, context) => {
  const fault = bodyFault(value)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
})

const title = z
  .string('must be a text of 1 to 200 characters')
  .min(1, 'must be a text of 1 to 200 characters')
  .max(200, 'must be a text of 1 to 200 characters')
  .refine((value) => value.isWellFormed(), 'holds half of a surrogate pair, which no UTF-8 can carry')

export const credentials = z.object({ name: userName, password: z.string('must be a text') })
export const newRoom = z.object({ room: roomName.optional(), title: title.optional() })
export const roomPath = z.object({ room: roomName })
export const newMessage = z.object({ clientId, body })

const position = z.coerce
  .number('must be a whole number')
  .int('must be a whole number')
  .min(0, 'must not be negative')
  .max(Number.MAX_SAFE_INTEGER, 'is too large')

export const page = z.object({
  after: position.optional(),
  before: position.optional(),
  limit: position
    .min(1, `must be from 1 to ${maxHistory}`)
    .max(maxHistory, `must be from 1 to ${maxHistory}`)
    .default(50),
})

/** A request holds one body and some short fields; escaped as JSON a body is at most 6 times as long. */
export const maxRequestBytes = 6 * maxBodyBytes + 4096

/** @throws AppError `bad_request` naming the first field that is wrong, its value (never a password's) and the rule. */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  const at = issue?.path.reduce<unknown>(
    (node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  )
  const quoted = field === 'password' || field === 'body' || field === '' || at === undefined ? '' : `${shown(at)}: `
  const missing = at === undefined && field !== '' ? 'is missing: ' : ''
  const message =
    field === '' ? 'the body must be a JSON object' : `${quoted}${missing}${issue?.message ?? 'is not valid'}`
  throw new AppError('bad_request', message, field === '' ? undefined : field)
}
