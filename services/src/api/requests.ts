import { z } from 'zod'
import { AppError } from '../support/errors.ts'
import {
  DEFAULT_PAGE_EVENTS,
  MAX_DEVICE_KEY_CHARACTERS,
  MAX_DEVICE_NAME_CHARACTERS,
  MAX_PAGE_EVENTS,
  MAX_REASON_CHARACTERS,
  MAX_TITLE_CHARACTERS,
} from '../support/limits.ts'
import { isClientId, isProbeName, isRoomName, isUserName, RULES, shown } from '../protocol/names.ts'
import { textFault } from '../protocol/text.ts'
import { newNameFault } from '../protocol/user-names.ts'

const LIMIT_RULE = `must be from 1 to ${MAX_PAGE_EVENTS}`
/** Fields whose value error messages do not quote: secrets, and texts. */
const UNQUOTED_FIELDS: ReadonlySet<string> = new Set([
  'password',
  'oldPassword',
  'newPassword',
  'refreshToken',
  'deviceKey',
  'device.key',
  'device.name',
  'reason',
  'body',
  'title',
])

const rule = (holds: (value: unknown) => boolean, text: string) => z.custom<string>(holds, { error: `must be ${text}` })

const userName = z.unknown().superRefine((value, context) => {
  const fault = newNameFault(value)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
}) as z.ZodType<string>
const roomName = rule(isRoomName, RULES.room)
const knownUser = rule((value) => isUserName(value) || isProbeName(value), RULES.user)
const knownRoom = rule((value) => isRoomName(value) || isProbeName(value), RULES.room)
const clientId = rule(isClientId, RULES.clientId)

/** `bodyFault` has the other rules. */
const body = z.string(`must be ${RULES.body}`)

/** A text of one line. */
function line(maxCharacters: number) {
  const rule = `must be a text of 1 to ${maxCharacters} characters`
  return z
    .string(rule)
    .min(1, rule)
    .max(maxCharacters, rule)
    .superRefine((value, context) => {
      const fault = textFault(value, { hasLines: false })
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
    })
}

const title = line(MAX_TITLE_CHARACTERS)

const password = z.string('must be a text')

const DEVICE_KEY = /^[!-~]+$/
const MIN_DEVICE_KEY_CHARACTERS = 22
const deviceKey = rule(
  (value) =>
    typeof value === 'string' &&
    value.length >= MIN_DEVICE_KEY_CHARACTERS &&
    value.length <= MAX_DEVICE_KEY_CHARACTERS &&
    DEVICE_KEY.test(value),
  `${MIN_DEVICE_KEY_CHARACTERS} to ${MAX_DEVICE_KEY_CHARACTERS} random ASCII characters without spaces`,
)
const device = z.object({ key: deviceKey, name: line(MAX_DEVICE_NAME_CHARACTERS).optional() }, 'must be a JSON object')

export const newUser = z.object({ name: userName, password, device: device.optional() })
export const credentials = z.object({ name: knownUser, password, device: device.optional() })
export const refresh = z.object({ refreshToken: z.string('must be a text'), deviceKey: deviceKey.optional() })
export const newPassword = z.object({ oldPassword: password, newPassword: password })
export const sessionPath = z.object({ id: z.string() })
export const userPath = z.object({ name: knownUser })
export const ban = z.object({
  /** @default without an end */
  until: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2030-01-31T12:00:00Z' })
    .transform((text) => Date.parse(text))
    .optional(),
  reason: line(MAX_REASON_CHARACTERS),
})
export const unban = z.object({ reason: line(MAX_REASON_CHARACTERS) })
export const newRoom = z.object({ room: roomName.optional(), title: title.optional() })
export const roomPath = z.object({ room: knownRoom })
export const newMessage = z.object({ clientId, body })

const position = z.coerce
  .number('must be a whole number')
  .int('must be a whole number')
  .min(0, 'must not be negative')
  .max(Number.MAX_SAFE_INTEGER, 'is too large')

export const page = z.object({
  after: position.optional(),
  before: position.optional(),
  limit: position.min(1, LIMIT_RULE).max(MAX_PAGE_EVENTS, LIMIT_RULE).default(DEFAULT_PAGE_EVENTS),
})

/** @throws AppError `bad_request` with the first wrong field, its value (unless it is a password or a body) and the rule */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  if (field === '') throw new AppError('bad_request', 'the body must be a JSON object')
  throw new AppError(
    'bad_request',
    `${prefix(field, valueAt(value, issue?.path))}${issue?.message ?? 'is invalid'}`,
    field,
  )
}

function prefix(field: string, value: unknown): string {
  if (value === undefined) return 'is missing: '
  return UNQUOTED_FIELDS.has(field) ? '' : `${shown(value)}: `
}

function valueAt(value: unknown, path: readonly PropertyKey[] = []): unknown {
  return path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key], value)
}
