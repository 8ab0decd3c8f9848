import { AppError } from './errors.ts'

/** How a piece of work waits for its turn. */
export interface Patience {
  /**
   * Whether somebody still waits for the result. It is asked when the turn comes, and when the queue is full.
   * @default always
   */
  readonly isWanted?: (() => boolean) | undefined
  /** The longest time that it waits for its turn. @default without end */
  readonly patienceMs?: number
}

interface Waiter {
  readonly isWanted: (() => boolean) | undefined
  readonly begin: () => void
  readonly refuse: (reason: string) => void
  timer: NodeJS.Timeout | undefined
  /** It has begun or was refused. */
  isOver: boolean
}

const NOBODY_WAITS = 'nobody waits for the answer any more'
/** The shortest time between two searches of a full queue, so that refusals stay cheap. */
const SEARCH_INTERVAL_MS = 100
/** Those that are over which are always kept, so that a short queue is not copied for each. */
const KEPT_WAITERS = 32

/**
 * Runs at most `limit` pieces of work at a time. Others wait in order; when `maxWaiting` wait already, they are
 * refused. What nobody waits for any more is dropped when its turn comes.
 */
export class Semaphore {
  readonly limit: number
  #free: number
  readonly #maxWaiting: number
  /** Those that wait are from `#next` on, with some that are over among them. */
  #queue: Waiter[] = []
  #next = 0
  #waiting = 0
  #searchedAtMs = -Infinity

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
    return this.#waiting
  }

  /**
   * @throws AppError `unavailable` if too many wait already, if the turn does not come in time, or if nobody waits for
   * the result when it comes; otherwise what `work` throws.
   */
  async run<T>(work: () => Promise<T>, patience: Patience = {}): Promise<T> {
    await this.#enter(patience)
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  #enter({ isWanted, patienceMs }: Patience): Promise<void> | undefined {
    if (this.#free > 0) {
      if (isWanted?.() === false) throw unavailable(NOBODY_WAITS)
      this.#free -= 1
      return undefined
    }
    if (this.#waiting >= this.#maxWaiting) this.#dropUnwanted()
    if (this.#waiting >= this.#maxWaiting) throw unavailable('the service is busy: try again later')
    return new Promise((resolve, reject) => {
      const refuse = (reason: string) => reject(unavailable(reason))
      const waiter: Waiter = { isWanted, begin: resolve, refuse, timer: undefined, isOver: false }
      if (patienceMs !== undefined) {
        const reason = `the service is busy: no turn came within ${patienceMs} ms: try again later`
        waiter.timer = setTimeout(() => {
          this.#end(waiter).refuse(reason)
          this.#compact()
        }, patienceMs)
      }
      this.#waiting += 1
      this.#queue.push(waiter)
    })
  }

  /** Passes the turn to the first one that is still wanted. */
  #leave(): void {
    for (; this.#next < this.#queue.length; this.#next += 1) {
      const waiter = this.#queue[this.#next] as Waiter
      if (waiter.isOver) continue
      const isWanted = waiter.isWanted?.() !== false
      this.#end(waiter)
      if (isWanted) {
        this.#compact()
        return waiter.begin()
      }
      waiter.refuse(NOBODY_WAITS)
    }
    this.#compact()
    this.#free += 1
  }

  #end(waiter: Waiter): Waiter {
    waiter.isOver = true
    clearTimeout(waiter.timer)
    this.#waiting -= 1
    return waiter
  }

  #dropUnwanted(): void {
    const now = performance.now()
    if (now - this.#searchedAtMs < SEARCH_INTERVAL_MS) return
    this.#searchedAtMs = now
    for (const waiter of this.#queue) {
      if (!waiter.isOver && waiter.isWanted?.() === false) this.#end(waiter).refuse(NOBODY_WAITS)
    }
    this.#compact()
  }

  /** Removes those that are over, once they are the greater part, so that each is moved about once. */
  #compact(): void {
    if (this.#queue.length <= 2 * this.#waiting + KEPT_WAITERS) return
    this.#queue = this.#queue.filter(({ isOver }) => !isOver)
    this.#next = 0
  }
}

function unavailable(reason: string): AppError {
  return new AppError('unavailable', reason)
}
