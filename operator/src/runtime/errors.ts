import { parseJson } from './json.ts'

/** One cause of a refusal, as the API server's Status object lists it. */
export interface StatusCause {
  readonly field?: string
  readonly reason?: string
  readonly message?: string
}

/** An answer of the API server that is not a success. `reason` is the machine-readable one, such as `AlreadyExists`. */
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

/** The API server could not be asked, or did not answer in time. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}

/**
 * Makes an ApiError of a response body: a `Status` object where the API server itself answered, plain text where
 * something in between did (a proxy's 502, a 401 of an authenticator).
 */
export function apiError(
  request: string,
  status: number,
  body: string,
  headers: { readonly [name: string]: string | string[] | undefined } = {},
): ApiError {
  const parsed = parseStatus(body)
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

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409
}

/** The resourceVersion is too old to continue from: only a new list helps. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 410 || error.reason === 'Expired')
}

interface Status {
  message?: string
  reason?: string
  details?: { causes?: StatusCause[] }
}

function parseStatus(body: string): Status | undefined {
  try {
    return parseJson<Status | undefined>(body) ?? undefined
  } catch {
    return undefined
  }
}
