/** What all rings of a process may hold together. While it is used up, each keeps only a sixteenth. */
export interface RingBudget {
  usedBytes: number
  readonly maxBytes: number
}

/** The newest frames of a room, without a gap, bounded in number and bytes. */
export class Ring {
  readonly #maxFrames: number
  readonly #maxBytes: number
  readonly #budget: RingBudget
  #frames: Buffer[] = []
  #bytes = 0
  #lastSeq: number

  constructor(options: { maxFrames: number; maxBytes: number; lastSeq: number; budget: RingBudget }) {
    this.#budget = options.budget
    this.#maxFrames = options.maxFrames
    this.#maxBytes = options.maxBytes
    this.#lastSeq = options.lastSeq
  }

  /** Appends the next frame; one that does not follow the last empties the ring first. */
  push(seq: number, frame: Buffer): void {
    if (seq !== this.#lastSeq + 1) this.clear()
    this.#frames.push(frame)
    this.#count(frame.length)
    this.#lastSeq = seq
    const maxBytes = this.#budget.usedBytes > this.#budget.maxBytes ? this.#maxBytes / 16 : this.#maxBytes
    if (this.#frames.length > this.#maxFrames || this.#bytes > maxBytes) this.#shrink(maxBytes)
  }

  /** Up to `limit` frames with seq > `after`, the first one being `after` + 1; undefined where the ring begins later. */
  after(after: number, limit: number): { frames: readonly Buffer[]; lastSeq: number } | undefined {
    const skip = after - (this.#lastSeq - this.#frames.length)
    if (skip < 0 || after > this.#lastSeq) return undefined
    const frames = this.#frames.slice(skip, skip + limit)
    return { frames, lastSeq: after + frames.length }
  }

  // Down to three quarters, so that the array is not moved for every frame.
  #shrink(maxBytes: number): void {
    let drop = 0
    while (
      drop < this.#frames.length &&
      (this.#frames.length - drop > this.#maxFrames * 0.75 || this.#bytes > maxBytes * 0.75)
    ) {
      this.#count(-(this.#frames[drop]?.length ?? 0))
      drop += 1
    }
    this.#frames.splice(0, drop)
  }

  clear(): void {
    this.#frames = []
    this.#count(-this.#bytes)
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    this.#budget.usedBytes += bytes
  }
}
