/** Missing numbers that are kept: one release that skips more has failed long ago. */
const MAX_MISSING = 1000

/** One reader of a room: a connection, which resumes, or the pages of the history. It must get every number once and in order. */
export class Receiver {
  /** For messages. */
  readonly name: string
  /** Numbers below the highest that did not come, and when that was seen. */
  readonly missing = new Map<number, number>()
  /** The order of the last message of each sender. */
  readonly #orders: number[] = []
  #highest = 0

  constructor(name: string) {
    this.name = name
  }

  /** It joined at this number, so those before it are not for it. */
  begin(seq: number): void {
    this.#highest = Math.max(this.#highest, seq)
    for (const missing of this.missing.keys()) if (missing <= seq) this.missing.delete(missing)
  }

  /** Takes the next number, from 1 on. */
  take(seq: number, at: number): 'new' | 'late' | 'repeated' {
    if (seq <= this.#highest) return this.missing.delete(seq) ? 'late' : 'repeated'
    for (let skipped = this.#highest + 1; skipped < seq && this.missing.size < MAX_MISSING; skipped += 1) {
      this.missing.set(skipped, at)
    }
    this.#highest = seq
    return 'new'
  }

  /** Whether this message of a sender comes after those that it has sent before. */
  isInOrder(sender: number, order: number): boolean {
    const last = this.#orders[sender] ?? -1
    this.#orders[sender] = Math.max(order, last)
    return order > last
  }
}
