export interface PaceOptions {
  /** 0 turns the limit off. */
  readonly perSecond: number
  readonly burst: number
}

/** A token bucket. A message that exceeds the rate waits and is not refused, so that a client's messages stay in order. */
export class Pace {
  readonly #perSecond: number
  readonly #burst: number
  /** Negative while some that were reserved are still to come: by at most as many as callers wait. */
  #tokens: number
  #atMs = performance.now()

  constructor({ perSecond, burst }: PaceOptions) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
  }

  /** Takes a token and returns 0, or takes none and returns the milliseconds until the next one. */
  take(): number {
    if (this.#perSecond === 0) return 0
    this.#refill()
    if (this.#tokens < 1) return this.#ms(1 - this.#tokens)
    this.#tokens -= 1
    return 0
  }

  /** Takes the next token, and returns the milliseconds until it is there: those who wait go in the order of their calls. */
  reserve(): number {
    if (this.#perSecond === 0) return 0
    this.#refill()
    this.#tokens -= 1
    return this.#ms(Math.max(-this.#tokens, 0))
  }

  /** Returns a token that was reserved and is not used. */
  giveBack(): void {
    this.#tokens += 1
  }

  msUntilFull(): number {
    if (this.#perSecond === 0) return 0
    this.#refill()
    return this.#ms(this.#burst - this.#tokens)
  }

  #refill(): void {
    const now = performance.now()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#atMs) / 1000) * this.#perSecond)
    this.#atMs = now
  }

  #ms(tokens: number): number {
    return Math.ceil((tokens / this.#perSecond) * 1000)
  }
}
