import { sameQuantity } from '@chat-app/crds'
import { MAX_NAMED_PATHS } from '../limits.ts'
import { ApiError, hasStatus } from '../runtime/errors.ts'
import { isRecord } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { isQuantityAt } from './contains.ts'

/** Texts by which the API server refuses a quantity, with status 500 and without the field. */
export const QUANTITY_REFUSALS = ['quantities must match the regular expression', 'unable to parse quantity']

/**
 * Whether an error is about the object that was sent, so that another one may be accepted. A conflict asks for a newer object,
 * and an API server that is overloaded or cannot be reached fails for every object.
 */
export function isAboutObject(error: unknown): error is ApiError {
  return error instanceof ApiError && !hasStatus(error, 401, 409, 429, 503, 504)
}

/** The error, with the fields of the object where the API server does not name them. */
export function withFields(error: ApiError, object: KubeObject): ApiError {
  if (!QUANTITY_REFUSALS.some((text) => error.message.includes(text))) return error
  const fields = invalidQuantities(object, '').slice(0, MAX_NAMED_PATHS)
  if (fields.length === 0) return error
  const named = `${object.kind} ${object.metadata.name}: ${fields.join(', ')}, not a quantity: ${error.message}`
  return new ApiError(named, error.status, error.reason, error.causes)
}

function invalidQuantities(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => invalidQuantities(item, `${path}[${index}]`))
  if (isRecord(value))
    return Object.entries(value).flatMap(([key, field]) =>
      invalidQuantities(field, path === '' ? key : `${path}.${key}`),
    )
  if (!isQuantityAt(path) || sameQuantity(value, value)) return []
  return [`${path} is ${JSON.stringify(value)}`]
}
