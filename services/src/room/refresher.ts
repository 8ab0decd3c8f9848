import type { Bus } from '../fanout/bus.ts'

/**
 * After so many rounds of the catch-up in a row that found missing events, a subscription must have been lost without
 * an error.
 */
const MAX_ROUNDS = 3
/** The shortest time between two refreshes. */
const REFRESH_INTERVAL_MS = 10_000

/** Detects a bus that reports no error and delivers nothing, and opens its connections again. */
export class Refresher {
  readonly #bus: Pick<Bus, 'trouble' | 'refresh'>
  readonly #onRefresh: () => void
  #healed = false
  #rounds = 0
  #refreshedAt = 0

  constructor(bus: Pick<Bus, 'trouble' | 'refresh'>, onRefresh: () => void) {
    this.#bus = bus
    this.#onRefresh = onRefresh
  }

  /** The present round of the catch-up found missing events. */
  healed(): void {
    this.#healed = true
  }

  /** A round of the catch-up ended. */
  round(): void {
    this.#rounds = this.#healed && this.#bus.trouble === undefined ? this.#rounds + 1 : 0
    this.#healed = false
    if (this.#rounds < MAX_ROUNDS || Date.now() - this.#refreshedAt < REFRESH_INTERVAL_MS) return
    this.#rounds = 0
    this.#refreshedAt = Date.now()
    this.#onRefresh()
    this.#bus.refresh()
  }
}
