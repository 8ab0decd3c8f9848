import type { RoomHead, Rooms } from '../store/rooms.ts'
import { CATCH_UP_INTERVAL_MS } from '../support/limits.ts'
import type { FollowedRooms } from './followed-rooms.ts'
import type { Hub } from './hub.ts'

export interface CatchUpOptions {
  readonly rooms: Pick<Rooms, 'heads' | 'changed'>
  readonly hub: Pick<Hub, 'heads' | 'suspicious' | 'expect'>
  /** Rooms that are followed without being served. They are not swept: their numbers are read anew by `sync`. */
  readonly followed?: Pick<FollowedRooms, 'ids' | 'expect'>
  readonly onError: (error: unknown) => void
  /** @default 1000 */
  readonly intervalMs?: number
}

/** Age of the changes that a round asks for. It is longer than an interval, because a transaction may commit late. */
const WINDOW_MS = 10_000
/**
 * Up to this number, one query by primary key asks for every room; beyond it, a query by time asks for the rooms that
 * changed.
 */
const MAX_IDS = 500
const MAX_CHANGED = 5000
/** How often every room is asked for, however many there are: a commit may be later than the window. */
const SWEEP_INTERVAL_MS = 30_000

/**
 * Asks the database once a second how far the served rooms have come. So an event that Redis lost is delivered even if
 * it is the last one, and delivery goes on, slower, while Redis is down.
 */
export class CatchUp {
  readonly #options: CatchUpOptions
  #timer: NodeJS.Timeout | undefined
  /** By `performance.now()`. */
  #askedAtMs = performance.now()
  #sweptAtMs = performance.now()
  #stopped = false

  constructor(options: CatchUpOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setTimeout(() => {
      void this.round().finally(() => !this.#stopped && this.start())
    }, this.#options.intervalMs ?? CATCH_UP_INTERVAL_MS)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async round(): Promise<void> {
    const { hub, followed, onError } = this.#options
    const startedAtMs = performance.now()
    const { heads } = hub
    const ids = new Set([...heads.keys(), ...(followed?.ids ?? [])])
    try {
      if (ids.size > 0) {
        for (const head of await this.#heads([...heads.keys()], [...ids], startedAtMs)) {
          hub.expect(head, heads)
          followed?.expect(head)
        }
      }
      this.#askedAtMs = startedAtMs
    } catch (error) {
      onError(error)
    }
  }

  /** @param served the ids of the rooms that are served @param all these, and those that are followed */
  async #heads(served: readonly number[], all: readonly number[], nowMs: number): Promise<RoomHead[]> {
    const { rooms, hub } = this.#options
    if (all.length <= MAX_IDS) return rooms.heads(all)
    if (nowMs - this.#sweptAtMs < SWEEP_INTERVAL_MS) {
      // The window grows while the database does not answer.
      const windowMs = WINDOW_MS + Math.ceil(nowMs - this.#askedAtMs)
      const changed = await rooms.changed(windowMs, MAX_CHANGED)
      if (changed.length < MAX_CHANGED) {
        // A restored room has not changed lately.
        const suspicious = new Set(hub.suspicious.slice(0, MAX_IDS))
        return [...changed.filter(({ id }) => !suspicious.has(id)), ...(await rooms.heads([...suspicious]))]
      }
    }
    this.#sweptAtMs = nowMs
    const heads: RoomHead[] = []
    for (let at = 0; at < served.length; at += MAX_IDS) {
      heads.push(...(await rooms.heads(served.slice(at, at + MAX_IDS))))
    }
    return heads
  }
}
