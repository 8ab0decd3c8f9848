/** A token bucket. A message that exceeds the rate waits and is not refused, so that a client's messages stay in order. */
export class Pace {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #at = Date.now()

  /** @param options.perSecond 0 turns the limit off */
  constructor(options: { perSecond: number; burst: number }) {
    this.#perSecond = options.perSecond
    this.#burst = options.burst
    this.#tokens = options.burst
  }

  /** Takes a token and returns 0, or takes none and returns the milliseconds until the next one. */
  take(): number {
    if (this.#perSecond === 0) return 0
    const now = Date.now()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond)
    this.#at = now
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000)
    this.#tokens -= 1
    return 0
  }
}
