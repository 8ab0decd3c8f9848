import { AppError } from './errors.ts'

/** Runs at most `limit` pieces of work at a time. Others wait in order; when `maxWaiting` wait already, they are refused. */
export class Semaphore {
  readonly limit: number
  #free: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []

  constructor(limit: number, maxWaiting: number) {
    this.limit = limit
    this.#free = limit
    this.#maxWaiting = maxWaiting
  }

  /** How many are running. */
  get busy(): number {
    return this.limit - this.#free
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** @throws AppError `unavailable` if too many wait already; otherwise what `work` throws. */
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
