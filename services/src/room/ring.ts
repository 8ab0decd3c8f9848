import type { RoomFrame } from './room-frame.ts'

/** The memory that all rings of a process share. While it is used up, each ring keeps a sixteenth of its own bound. */
export interface RingBudget {
  usedBytes: number
  readonly maxBytes: number
}

const SHARE_OVER_BUDGET = 1 / 16
/** A ring that is full is emptied to this share, so that its array is not moved for every frame. */
const SHARE_KEPT = 0.75

export interface RingOptions {
  readonly maxFrames: number
  readonly maxBytes: number
  /** The number before that of the first frame. */
  readonly lastSeq: number
  readonly budget: RingBudget
}

/** The newest frames of a room, without a gap, bounded in number and bytes. */
export class Ring {
  readonly #maxFrames: number
  readonly #maxBytes: number
  readonly #budget: RingBudget
  #frames: RoomFrame[] = []
  #bytes = 0
  #lastSeq: number

  constructor(options: RingOptions) {
    this.#budget = options.budget
    this.#maxFrames = options.maxFrames
    this.#maxBytes = options.maxBytes
    this.#lastSeq = options.lastSeq
  }

  /** Appends a frame. If it does not follow the last one, the ring is emptied first. */
  push(frame: RoomFrame): void {
    const { seq } = frame
    if (seq !== this.#lastSeq + 1) this.clear()
    this.#frames.push(frame)
    this.#count(frame.bytes)
    this.#lastSeq = seq
    const maxBytes =
      this.#budget.usedBytes > this.#budget.maxBytes ? this.#maxBytes * SHARE_OVER_BUDGET : this.#maxBytes
    if (this.#frames.length > this.#maxFrames || this.#bytes > maxBytes) this.#shrink(maxBytes)
  }

  /** At most `limit` frames from seq `after` + 1 on; undefined if the ring does not have that one. */
  after(after: number, limit: number): readonly RoomFrame[] | undefined {
    const skip = after - (this.#lastSeq - this.#frames.length)
    if (skip < 0 || after > this.#lastSeq) return undefined
    return this.#frames.slice(skip, skip + limit)
  }

  /** The frame with this number, if it is kept. */
  at(seq: number): RoomFrame | undefined {
    return this.#frames[seq - (this.#lastSeq - this.#frames.length) - 1]
  }

  #shrink(maxBytes: number): void {
    let drop = 0
    while (
      drop < this.#frames.length &&
      (this.#frames.length - drop > this.#maxFrames * SHARE_KEPT || this.#bytes > maxBytes * SHARE_KEPT)
    ) {
      this.#count(-(this.#frames[drop]?.bytes ?? 0))
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
