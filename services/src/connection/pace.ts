/** A token bucket that says how long to wait instead of refusing: what a client sent stays in order. 0 a second: no limit. */
export class Pace {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #at = Date.now()

  constructor(options: { perSecond: number; burst: number }) {
    this.#perSecond = options.perSecond
    this.#burst = options.burst
    this.#tokens = options.burst
  }

  /** Takes one and returns 0, or takes nothing and returns the milliseconds until there is one. */
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
