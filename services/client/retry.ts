/**
 * What a client does after its connection was closed, or its upgrade refused:
 * - `again`: connect again after a pause.
 * - `longest pause`: the same, with the longest pause from the first time on.
 * - `new token`: connect again with another token, or end if there is none.
 * - `end`: do not connect again. The client has a bug, and would be closed again.
 *
 * docs/protocol.md lists the codes and statuses.
 */
export type Consequence = 'again' | 'longest pause' | 'new token' | 'end'

/** Codes with which a server answers what a client must not send: RFC 6455 (7.4.1), and 4400 of this protocol. */
const BUGS: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009, 4400])
const UNAUTHORIZED = 4401

/** What follows a close frame of the server, or a cut connection (1005, 1006). */
export function afterClose(code: number): Consequence {
  if (BUGS.has(code)) return 'end'
  return code === UNAUTHORIZED ? 'new token' : 'again'
}

/** Statuses below 500 of which the same request may be free later. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429])

/** What follows the HTTP status of a refused upgrade. */
export function afterStatus(status: number): Consequence {
  if (status === 401) return 'new token'
  return status >= 500 || PASSING.has(status) ? 'again' : 'longest pause'
}

/** More than any client needs to reach its longest pause. */
const MAX_DOUBLINGS = 30
/** The longest time that a server may ask for. */
const MAX_RETRY_AFTER_SECONDS = 300

/** The pauses before the connects of one client. */
export class Pauses {
  readonly #firstMs: number
  readonly #mostMs: number
  #doublings = 0
  #retryAfterMs = 0

  constructor({ first, most }: { first: number; most: number }) {
    this.#firstMs = first
    this.#mostMs = most
  }

  /** The milliseconds of the next pause: at random from half to all of a time that doubles, after what the server asked for. */
  next(): number {
    const longestMs = Math.min(this.#firstMs * 2 ** this.#doublings, this.#mostMs)
    const pauseMs = this.#retryAfterMs + longestMs * (0.5 + Math.random() / 2)
    this.#doublings = Math.min(this.#doublings + 1, MAX_DOUBLINGS)
    this.#retryAfterMs = 0
    return pauseMs
  }

  /** The connection works: the next pause is the first one again. */
  reset(): void {
    this.#doublings = 0
  }

  useLongest(): void {
    this.#doublings = MAX_DOUBLINGS
  }

  /** The server asks for a pause. @param seconds whole seconds, as in `Retry-After`; anything else is ignored */
  retryAfter(seconds: unknown): void {
    if (!/^\d{1,9}$/.test(String(seconds))) return
    this.#retryAfterMs = Math.min(Number(seconds), MAX_RETRY_AFTER_SECONDS) * 1000
  }
}
