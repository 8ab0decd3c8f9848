import { at, jsonOf } from './json.ts'

/** One cause of an error, as the API server's Status object lists it. */
export interface StatusCause {
  readonly field?: string
  readonly reason?: string
  readonly message?: string
}

/** An answer of the API server that is not a success. `reason` is that of its Status object, such as `AlreadyExists`. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly reason: string
  readonly causes: readonly StatusCause[]
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    status: number,
    reason = '',
    causes: readonly StatusCause[] = [],
    retryAfterMs?: number,
  ) {
    super(message)
    this.status = status
    this.reason = reason
    this.causes = causes
    this.retryAfterMs = retryAfterMs
  }
}

/** The API server could not be reached, or did not answer in time. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}

/**
 * Makes an ApiError of a response body: a `Status` object from the API server itself, or plain text from a proxy or an
 * authenticator in front of it.
 */
export function apiError(
  request: string,
  status: number,
  body: string,
  headers: { readonly [name: string]: string | string[] | undefined } = {},
): ApiError {
  const parsed = at<Status>(jsonOf(body))
  const message = parsed?.message ?? body.slice(0, 500).trim()
  const retryAfter = Number(headers['retry-after'] ?? Number.NaN)
  const retryAfterMs = Number.isFinite(retryAfter) ? Math.min(Math.max(retryAfter, 0), 60) * 1000 : undefined
  return new ApiError(
    `${request}: ${status} ${message}`,
    status,
    parsed?.reason ?? '',
    parsed?.details?.causes ?? [],
    retryAfterMs,
  )
}

/** Whether the API server has answered with one of these statuses. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): error is ApiError {
  return error instanceof ApiError && statuses.includes(error.status)
}

export function isNotFound(error: unknown): boolean {
  return hasStatus(error, 404)
}

/**
 * Whether the API server does not serve the kind of the object that was sent, or removes the kind at the moment: a 404
 * without a Status object, which names an object where there is one, a 405, or words that say it.
 */
export function isUnservedKind(error: unknown): boolean {
  return (
    hasStatus(error, 405) ||
    (hasStatus(error, 404) && error.reason === '') ||
    (error instanceof ApiError && error.message.endsWith(' is terminating'))
  )
}

export function isConflict(error: unknown): boolean {
  return hasStatus(error, 409)
}

/** Whether the resourceVersion is too old to watch from: a new list is needed. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 410 || error.reason === 'Expired')
}

/** Whether server-side apply was refused for a field that the schema lacks: the API server answers 500 with this text. */
export function isUndeclaredField(error: unknown): boolean {
  return error instanceof ApiError && error.message.includes('field not declared in schema')
}

interface Status {
  message?: string
  reason?: string
  details?: { causes?: StatusCause[] }
}
