/** The newest frames of a room, without a gap, bounded in number and bytes. */
export class Ring {
  readonly #maxFrames: number
  readonly #maxBytes: number
  #frames: Buffer[] = []
  #bytes = 0
  #lastSeq: number

  constructor(options: { maxFrames: number; maxBytes: number; lastSeq: number }) {
    this.#maxFrames = options.maxFrames
    this.#maxBytes = options.maxBytes
    this.#lastSeq = options.lastSeq
  }

  /** Appends the next frame; one that does not follow the last empties the ring first. */
  push(seq: number, frame: Buffer): void {
    if (seq !== this.#lastSeq + 1) this.#clear()
    this.#frames.push(frame)
    this.#bytes += frame.length
    this.#lastSeq = seq
    if (this.#frames.length > this.#maxFrames || this.#bytes > this.#maxBytes) this.#shrink()
  }

  /** Up to `limit` frames with seq > `after`, the first one being `after` + 1; undefined where the ring begins later. */
  after(after: number, limit: number): { frames: readonly Buffer[]; lastSeq: number } | undefined {
    const skip = after - (this.#lastSeq - this.#frames.length)
    if (skip < 0 || after > this.#lastSeq) return undefined
    const frames = this.#frames.slice(skip, skip + limit)
    return { frames, lastSeq: after + frames.length }
  }

  // Down to three quarters, so that the array is not moved for every frame.
  #shrink(): void {
    let drop = 0
    while (
      drop < this.#frames.length &&
      (this.#frames.length - drop > this.#maxFrames * 0.75 || this.#bytes > this.#maxBytes * 0.75)
    ) {
      this.#bytes -= this.#frames[drop]?.length ?? 0
      drop += 1
    }
    this.#frames.splice(0, drop)
  }

  #clear(): void {
    this.#frames = []
    this.#bytes = 0
  }
}
