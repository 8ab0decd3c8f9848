/** What a caller did wrong or what is out of reach, in the words that the API and the WebSocket protocol share. */
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

const statuses: Record<ErrorCode, number> = {
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

export interface ErrorBody {
  readonly code: ErrorCode
  readonly field?: string
  readonly message: string
}

/** An error that is told to the caller as it is: `message` names the value and the fix, `field` where it stands. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly field: string | undefined

  constructor(code: ErrorCode, message: string, field?: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.field = field
  }

  get status(): number {
    return statuses[this.code]
  }

  get body(): ErrorBody {
    return { code: this.code, ...(this.field !== undefined && { field: this.field }), message: this.message }
  }
}

/** The message of anything that was thrown; an aggregate (every address of a host refused) by its first cause. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  if (error instanceof Error) return error.message || error.name
  return String(error)
}
