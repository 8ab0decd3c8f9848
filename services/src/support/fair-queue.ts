import { AppError } from './errors.ts'

export interface FairQueueOptions {
  /** Pieces of work that run at a time. */
  readonly limit: number
  /** Pieces of all keys that wait; more are refused. */
  readonly maxWaiting: number
  /** Pieces of one key that wait; more are refused. */
  readonly maxWaitingOfKey: number
  /** How long a piece may wait. */
  readonly patienceMs: number
}

interface Waiting {
  readonly start: () => void
  readonly refuse: (error: AppError) => void
  readonly isWanted: (() => boolean) | undefined
  readonly timer: NodeJS.Timeout
}

/** Runs some pieces of work at a time. Those that wait take turns by their key, so one that asks for much delays no other. */
export class FairQueue {
  readonly #options: FairQueueOptions
  /** By key, in the order of their turns. A key without a waiting piece is absent. */
  readonly #keys = new Map<string, Waiting[]>()
  #running = 0
  #waiting = 0

  constructor(options: FairQueueOptions) {
    this.#options = options
  }

  /**
   * Runs the work when it is the turn of its key.
   *
   * @param isWanted whether somebody still waits for the result, asked when the turn comes
   * @default always
   * @throws AppError `rate_limited` if too much of the key waits; `unavailable` if too much waits in all, also when a key with
   * less comes later, or if it has waited too long;
   * otherwise what `work` throws
   */
  async run<T>(key: string, work: () => Promise<T>, isWanted?: () => boolean): Promise<T> {
    if (this.#running >= this.#options.limit) await this.#turn(key, isWanted)
    else this.#running += 1
    try {
      return await work()
    } finally {
      this.#next()
    }
  }

  #turn(key: string, isWanted: (() => boolean) | undefined): Promise<void> {
    const { maxWaiting, maxWaitingOfKey, patienceMs } = this.#options
    const waiting = this.#keys.get(key) ?? []
    if (waiting.length >= maxWaitingOfKey)
      throw new AppError(
        'rate_limited',
        `${maxWaitingOfKey} requests like this wait already: try again in some seconds`,
      )
    if (this.#waiting >= maxWaiting && !this.#makeRoomFor(waiting)) throw busy()
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        start: resolve,
        refuse: reject,
        isWanted,
        timer: setTimeout(() => {
          this.#remove(key, one)
          reject(busy())
        }, patienceMs),
      }
      waiting.push(one)
      this.#keys.set(key, waiting)
      this.#waiting += 1
    })
  }

  /** Refuses the newest piece of the key that has the most waiting, if that has more than the one that asks. */
  #makeRoomFor(asking: readonly Waiting[]): boolean {
    const [key, longest] = [...this.#keys].reduce((a, b) => (b[1].length > a[1].length ? b : a))
    const newest = longest.at(-1)
    if (newest === undefined || longest.length <= asking.length + 1) return false
    this.#remove(key, newest)
    clearTimeout(newest.timer)
    newest.refuse(busy())
    return true
  }

  /** Hands its place to the next key, which comes last afterwards. */
  #next(): void {
    const [entry] = this.#keys
    const one = entry?.[1][0]
    if (entry === undefined || one === undefined) {
      this.#running -= 1
      return
    }
    const [key, waiting] = entry
    this.#remove(key, one)
    if (waiting.length > 0) {
      this.#keys.delete(key)
      this.#keys.set(key, waiting)
    }
    clearTimeout(one.timer)
    if (one.isWanted?.() !== false) return one.start()
    one.refuse(new AppError('unavailable', 'nobody waits for the answer any more'))
    this.#next()
  }

  #remove(key: string, one: Waiting): void {
    const waiting = this.#keys.get(key) ?? []
    waiting.splice(waiting.indexOf(one), 1)
    this.#waiting -= 1
    if (waiting.length === 0) this.#keys.delete(key)
  }
}

function busy(): AppError {
  return new AppError('unavailable', 'the service is busy: try again later')
}
