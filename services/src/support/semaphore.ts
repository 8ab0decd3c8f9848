import { AppError } from './errors.ts'

/** Lets `limit` callers in at a time, the others wait in order; beyond `maxWaiting` they are refused at once. */
export class Semaphore {
  /** How many it lets in at a time. */
  readonly limit: number
  #free: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []

  constructor(limit: number, maxWaiting: number) {
    this.limit = limit
    this.#free = limit
    this.#maxWaiting = maxWaiting
  }

  /** How many are in. */
  get busy(): number {
    return this.limit - this.#free
  }

  /** How many wait to be let in. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** @throws AppError `unavailable` where too many wait already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter()
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  #enter(): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free -= 1
      return undefined
    }
    if (this.#waiting.length >= this.#maxWaiting)
      throw new AppError('unavailable', 'the service is busy: try again later')
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }
}
