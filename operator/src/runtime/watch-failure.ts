import { ApiError } from './errors.ts'

/** A watch that failed, with the last version that it had seen. */
export class WatchFailure extends Error {
  override readonly name = 'WatchFailure'
  readonly version: string

  constructor(version: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.version = version
  }
}

/** The time that the server requests before a retry, in milliseconds; 0 when it requests none. */
export function retryAfterMs(error: unknown): number {
  const source = error instanceof WatchFailure ? error.cause : error
  return source instanceof ApiError ? (source.retryAfterMs ?? 0) : 0
}
