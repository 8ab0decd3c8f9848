import type { z } from 'zod'
import { shown } from '../protocol/names.ts'
import { AppError } from '../support/errors.ts'

/** Fields whose value error messages do not quote: secrets, and texts. */
const UNQUOTED_FIELDS: ReadonlySet<string> = new Set([
  'password',
  'oldPassword',
  'newPassword',
  'token',
  'refreshToken',
  'deviceKey',
  'device.key',
  'device.name',
  'reason',
  'body',
  'title',
  'topic',
])

/**
 * The input in the form of its schema. JSON gives objects no properties but their own and those of `Object.prototype`,
 * which are no names of fields, so a key such as `__proto__` has no effect.
 *
 * @param missing how the error calls the value of a field that is not there. @default is missing
 * @throws AppError `bad_request` with the first wrong field, its value (unless it is a password or a text) and the rule
 */
export function parse<T extends z.ZodType>(schema: T, value: unknown, missing = 'is missing'): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  if (field === '') throw new AppError('bad_request', 'the body must be a JSON object')
  const before = prefix(field, valueAt(value, issue?.path), missing)
  throw new AppError('bad_request', `${before}${issue?.message ?? 'is invalid'}`, field)
}

function prefix(field: string, value: unknown, missing: string): string {
  if (UNQUOTED_FIELDS.has(field) && value !== undefined) return ''
  return value === undefined ? `${missing}: ` : `${shown(value)}: `
}

function valueAt(value: unknown, path: readonly PropertyKey[] = []): unknown {
  return path.reduce<unknown>((node, key) => (node as Record<PropertyKey, unknown> | undefined)?.[key], value)
}
