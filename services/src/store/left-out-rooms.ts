/** A room that others write to has another last event after less. */
const MOVES_WITHIN_MS = 200

/**
 * The rooms that the last batches left out, because other sessions had locked them at that moment. One whose last event
 * changes is only busy: a batch that waits for its lock gets it.
 */
export class LeftOutRooms {
  #rooms = new Map<number, { readonly lastSeq: number; readonly sinceMs: number }>()
  #isBusy = false

  /** Their events stay in the queue. */
  get ids(): ReadonlySet<number> {
    return new Set(this.#rooms.keys())
  }

  /** Whether the next batch is to wait for the locks. It does so once. */
  takeBusy(): boolean {
    const isBusy = this.#isBusy
    this.#isBusy = false
    return isBusy
  }

  /** A batch has waited for every lock. */
  clear(): void {
    this.#rooms.clear()
  }

  /**
   * A batch left out these rooms.
   * @param locked their `last_seq` by id
   * @returns those that are to be held
   */
  note(locked: ReadonlyMap<number, number>): ReadonlySet<number> {
    const nowMs = performance.now()
    const before = this.#rooms
    this.#rooms = new Map([...locked].map(([id, lastSeq]) => [id, before.get(id) ?? { lastSeq, sinceMs: nowMs }]))
    const busy = [...locked].filter(([id, lastSeq]) => lastSeq > (this.#rooms.get(id)?.lastSeq ?? lastSeq))
    this.#isBusy = busy.length > 0
    const busyIds = new Set(busy.map(([id]) => id))
    const held = [...this.#rooms].filter(([id, { sinceMs }]) => {
      // The next batch waits: for a busy room, and not for one that may be stuck.
      return !busyIds.has(id) && (this.#isBusy || nowMs - sinceMs > MOVES_WITHIN_MS)
    })
    for (const [id] of held) this.#rooms.delete(id)
    return new Set(held.map(([id]) => id))
  }
}
