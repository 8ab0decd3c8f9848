import type { ErrorCode } from './errors.ts'
import type { Logger } from './log.ts'

/** What people on call look for after an attack. */
export type SecurityEvent =
  | 'registered'
  | 'invited'
  | 'exported'
  | 'account_deleted'
  | 'logged_in'
  | 'login_failed'
  | 'logged_out'
  | 'refresh_reused'
  | 'session_ended'
  | 'password_changed'
  | 'banned'
  | 'unbanned'
  | 'role_changed'
  | 'sessions_ended'
  | 'refused'

export interface SecurityDetails {
  /** Name of the user, as far as it is known. */
  readonly user?: string
  /** Address of the client. */
  readonly address: string
  readonly reason?: string
  /** Name of the administrator who did it. */
  readonly by?: string
  /** The new role of the user. */
  readonly role?: string
  /** When it ends, in ISO 8601. */
  readonly until?: string
  /** Method and route of the request. */
  readonly action?: string
}

/** Refusals that are recorded. */
export const REFUSALS: ReadonlySet<ErrorCode> = new Set(['unauthorized', 'forbidden', 'rate_limited'])

/** Lines of one kind in one second; the others are counted, so that one kind does not hide another. An attack must not fill the disk. */
const MAX_LINES_PER_SECOND = 100
const SECOND_MS = 1000

/** One line for each event, whatever the level of the log. It has no token, password or body. */
export class SecurityLog {
  readonly #log: Logger
  #sinceMs = Number.NEGATIVE_INFINITY
  readonly #lines = new Map<SecurityEvent, number>()
  #leftOut = 0

  constructor(log: Logger) {
    this.#log = log.child({}, { level: 'info' })
  }

  record(event: SecurityEvent, details: SecurityDetails, nowMs = performance.now()): void {
    if (nowMs - this.#sinceMs >= SECOND_MS) this.#begin(nowMs)
    const lines = this.#lines.get(event) ?? 0
    if (lines >= MAX_LINES_PER_SECOND) {
      this.#leftOut += 1
      return
    }
    this.#lines.set(event, lines + 1)
    this.#log.info({ security: event, ...details }, 'security')
  }

  #begin(nowMs: number): void {
    if (this.#leftOut > 0) this.#log.warn({ security: 'left_out', count: this.#leftOut }, 'security')
    this.#sinceMs = nowMs
    this.#lines.clear()
    this.#leftOut = 0
  }
}
