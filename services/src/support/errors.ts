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

/** The form in which a client receives an error. */
export interface ErrorBody {
  readonly code: ErrorCode
  readonly field?: string
  readonly message: string
}

/** An error that is sent to the caller unchanged: `message` has the value and the fix, `field` the name of the field. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly field: string | undefined

  constructor(code: ErrorCode, message: string, field?: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.field = field
  }

  /** The HTTP status of the code. */
  get status(): number {
    return HTTP_STATUSES[this.code]
  }

  get body(): ErrorBody {
    return { code: this.code, ...(this.field !== undefined && { field: this.field }), message: this.message }
  }
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
