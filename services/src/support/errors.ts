import { RETRY_AFTER_SECONDS } from './limits.ts'

/** The codes of errors that the HTTP API and the WebSocket protocol share. */
export type ErrorCode =
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'rate_limited'
  | 'refused'
  | 'unavailable'
  | 'internal'

const HTTP_STATUSES: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  refused: 422,
  unavailable: 503,
  internal: 500,
}

export const ERROR_CODES = Object.keys(HTTP_STATUSES) as [ErrorCode, ...ErrorCode[]]

/** The form in which a client receives an error. */
export interface ErrorBody {
  readonly code: ErrorCode
  readonly field?: string
  readonly message: string
  /** After how many seconds the same request may succeed, if that is known. */
  readonly retryAfterSeconds?: number
}

export interface AppErrorOptions extends ErrorOptions {
  readonly retryAfterSeconds?: number
}

/** An error that is sent to the caller unchanged: `message` has the value and the fix, `field` the name of the field. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly field: string | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, message: string, field?: string, options?: AppErrorOptions) {
    super(message, options)
    this.code = code
    this.field = field
    this.retryAfterSeconds = options?.retryAfterSeconds
  }

  /** The HTTP status of the code. */
  get status(): number {
    return HTTP_STATUSES[this.code]
  }

  get body(): ErrorBody {
    const { code, field, message, retryAfterSeconds } = this
    return {
      code,
      ...(field !== undefined && { field }),
      message,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    }
  }

  /** The headers that an HTTP answer with this error has beside its body. Every 503 and 429 says when to try again. */
  get headers(): Readonly<Record<string, string>> {
    if (this.code === 'unauthorized') return { 'WWW-Authenticate': 'Bearer' }
    if (this.code !== 'unavailable' && this.code !== 'rate_limited') return {}
    return { 'Retry-After': String(this.retryAfterSeconds ?? anyRetryAfterSeconds()) }
  }
}

/** Random, so that clients that were refused together do not come together again. */
export function anyRetryAfterSeconds(most: number = RETRY_AFTER_SECONDS.most): number {
  const { least } = RETRY_AFTER_SECONDS
  return least + Math.floor(Math.random() * (most - least + 1))
}

/**
 * The message of any thrown value. For an AggregateError (every address of a host failed) it is the message of the
 * first cause.
 */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  if (error instanceof Error) return error.message || error.name
  return String(error)
}

/** `messageOf` without the address of a failed connect, for messages that name the host themselves. */
export function messageWithoutAddress(error: unknown): string {
  return messageOf(error).replace(/^(connect E[A-Z]+) .*$/, '$1')
}
