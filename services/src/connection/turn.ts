/** What one turn of the event loop writes to a client. */
export interface Turn {
  readonly frames: readonly Buffer[]
  /** All of them. */
  readonly bytes: Buffer
}

/** Something that has frames for a client. */
export interface Flushed {
  /** Writes the frames of this turn. @param join gives the bytes of several frames */
  flush(join: Join): void
}

export type Join = (frames: readonly Buffer[]) => Buffer

/** Gives what a process has written in one turn of the event loop to the kernel, one connection after the other. */
export class Flushes {
  #waiting: Flushed[] = []

  /** Flushes this one at the end of the turn. */
  add(one: Flushed): void {
    if (this.#waiting.push(one) === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const join = joiner()
    for (const one of waiting) one.flush(join)
  }
}

/**
 * Those who receive the same frames in a turn share their bytes: in a busy room these are several frames, which then
 * cost each client one write of bytes that were put together once.
 */
export function joiner(): Join {
  const known = new Map<Buffer, { readonly frames: readonly Buffer[]; readonly bytes: Buffer }>()
  return (frames) => {
    const [first] = frames
    if (first === undefined || frames.length === 1) return first ?? Buffer.alloc(0)
    const same = known.get(first)
    if (same && areSame(same.frames, frames)) return same.bytes
    const bytes = Buffer.concat(frames)
    known.set(first, { frames, bytes })
    return bytes
  }
}

function areSame(one: readonly Buffer[], other: readonly Buffer[]): boolean {
  return one.length === other.length && one.every((frame, index) => frame === other[index])
}
