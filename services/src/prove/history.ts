import { setTimeout as sleep } from 'node:timers/promises'
import type { Pace } from '../connection/pace.ts'
import type { ApiSession } from './api-session.ts'
import type { Received } from './ledger.ts'

const PAGE_EVENTS = 200
const INTERVAL_MS = 500

/** Reads the history of a room page by page, behind those who send. */
export class History {
  readonly #session: ApiSession
  readonly #pace: Pace
  readonly #onRead: (event: Received) => void
  #readTo = 0
  #caughtUpAt = 0
  #closed = false

  constructor(session: ApiSession, pace: Pace, onRead: (event: Received) => void) {
    this.#session = session
    this.#pace = pace
    this.#onRead = onRead
  }

  /** When the last page that ended the history was asked for. */
  get caughtUpAt(): number {
    return this.#caughtUpAt
  }

  close(): void {
    this.#closed = true
  }

  /** Reads until `close`. */
  async follow(): Promise<void> {
    while (!this.#closed) {
      const isMore = this.#pace.take() === 0 && (await this.#readPage())
      if (!isMore) await sleep(INTERVAL_MS)
    }
  }

  /** Returns whether there is one more page. */
  async #readPage(): Promise<boolean> {
    const askedAt = performance.now()
    const events = await this.#session.page(this.#readTo, PAGE_EVENTS)
    if (!events) return false
    for (const event of events) {
      this.#readTo = Math.max(this.#readTo, event.seq)
      this.#onRead(event)
    }
    if (events.length >= PAGE_EVENTS) return true
    this.#caughtUpAt = askedAt
    return false
  }
}
