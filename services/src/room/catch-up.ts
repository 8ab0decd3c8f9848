import type { RoomHead, Rooms } from '../store/rooms.ts'

export interface CatchUpOptions {
  readonly rooms: Pick<Rooms, 'heads' | 'changed'>
  readonly hub: { readonly ids: readonly number[]; expect(head: RoomHead): void }
  readonly onError: (error: unknown) => void
  /** Called once a round, so that what had to be healed can be looked at. */
  readonly onRound?: () => void
  readonly intervalMs?: number
}

const intervalMs = 1000
/** A change is looked for as long after it was written; a transaction may take a while to commit. */
const windowMs = 10_000
/** Up to here one query by primary key asks for every room; beyond, one by the time of change asks for those that matter. */
const maxIds = 500
const maxChanged = 5000
/** However late a commit was: every room is asked for now and then. */
const sweepIntervalMs = 30_000

/**
 * Asks the database once a second how far the served rooms have come. It heals what Redis lost even where nothing follows, and
 * keeps delivery going, slower, while Redis is away.
 */
export class CatchUp {
  readonly #options: CatchUpOptions
  #timer: NodeJS.Timeout | undefined
  #askedAt = Date.now()
  #sweptAt = Date.now()
  #stopped = false

  constructor(options: CatchUpOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setTimeout(() => {
      void this.round().finally(() => !this.#stopped && this.start())
    }, this.#options.intervalMs ?? intervalMs)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async round(): Promise<void> {
    const { hub, onError, onRound } = this.#options
    const startedAt = Date.now()
    const ids = hub.ids
    try {
      if (ids.length > 0) for (const head of await this.#heads(ids, startedAt)) hub.expect(head)
      this.#askedAt = startedAt
    } catch (error) {
      onError(error)
    }
    try {
      onRound?.()
    } catch (error) {
      onError(error)
    }
  }

  async #heads(ids: readonly number[], now: number): Promise<RoomHead[]> {
    const { rooms } = this.#options
    if (ids.length <= maxIds) return rooms.heads(ids)
    if (now - this.#sweptAt < sweepIntervalMs) {
      // The database may have been away since the last answer.
      const changed = await rooms.changed(windowMs + now - this.#askedAt, maxChanged)
      if (changed.length < maxChanged) return changed
    }
    this.#sweptAt = now
    const heads: RoomHead[] = []
    for (let at = 0; at < ids.length; at += maxIds) heads.push(...(await rooms.heads(ids.slice(at, at + maxIds))))
    return heads
  }
}
