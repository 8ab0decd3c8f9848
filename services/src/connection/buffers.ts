import {
  LOW_BUFFERED_BYTES,
  MAX_BUFFERED_BYTES,
  SLOW_READER_CHECK_MS,
  SLOW_READER_PATIENCE_MS,
} from '../support/limits.ts'

/** One connection, whose client may read too slowly. */
export interface Reader {
  /** The bytes that the kernel did not take of those that were written before this turn of the event loop. */
  readonly refusedBytes: number
  /** Cuts the connection, and gives the memory of its bytes free at once. */
  cut(): void
}

export interface BuffersOptions {
  /** How long a connection may keep more than its part while the share is used up. @default 10000 */
  readonly patienceMs?: number
  /** Called with the bytes that waited for a client whose connection was cut. */
  readonly onCut?: (bytes: number) => void
}

/**
 * The bytes that wait for all clients of a process. While they exceed their share of the memory, each connection may
 * keep little, so that slow clients lose live delivery and the others do not. The connections that keep more all the
 * same are cut after some seconds, those with the most bytes first, until the share is free.
 */
export class Buffers {
  readonly maxBytes: number
  readonly #patienceMs: number
  readonly #onCut: (bytes: number) => void
  readonly #readers = new Set<Reader>()
  /** Since when each reader keeps more than its part while the share is used up, by `performance.now()`. */
  readonly #slowSinceMs = new Map<Reader, number>()
  #usedBytes = 0
  #check: NodeJS.Timeout | undefined
  /** What each connection may keep while the share is used up: at most half of the share for all together. */
  #fairBytes = LOW_BUFFERED_BYTES

  constructor(maxBytes: number, { patienceMs = SLOW_READER_PATIENCE_MS, onCut }: BuffersOptions = {}) {
    this.maxBytes = maxBytes
    this.#patienceMs = patienceMs
    this.#onCut = onCut ?? (() => undefined)
  }

  open(reader: Reader): void {
    this.#readers.add(reader)
    this.#share()
  }

  /** @param bytes those that waited for the connection */
  close(reader: Reader, bytes: number): void {
    this.#readers.delete(reader)
    this.#slowSinceMs.delete(reader)
    this.#usedBytes -= bytes
    this.#share()
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get fairBytes(): number {
    return this.#fairBytes
  }

  /** More or less waits for a connection. */
  count(change: number): void {
    this.#usedBytes += change
    if (this.#isFull) this.#check ??= setInterval(() => this.#cutSlow(), SLOW_READER_CHECK_MS).unref()
  }

  /** What the kernel may have refused of one connection's bytes before its live delivery stops. */
  get boundBytes(): number {
    return this.#isFull ? this.#fairBytes : MAX_BUFFERED_BYTES
  }

  /** The lesser one of `bytes` and of what a connection may be sent at a time now. */
  atMost(bytes: number): number {
    return this.#isFull ? Math.min(bytes, this.#fairBytes) : bytes
  }

  get #isFull(): boolean {
    return this.#usedBytes > this.maxBytes
  }

  #share(): void {
    const equalBytes = Math.floor(this.maxBytes / 2 / Math.max(this.#readers.size, 1))
    this.#fairBytes = Math.min(LOW_BUFFERED_BYTES, equalBytes)
  }

  #cutSlow(): void {
    const slow = this.#slowReaders()
    if (!this.#isFull) {
      clearInterval(this.#check)
      this.#check = undefined
      this.#slowSinceMs.clear()
      return
    }
    slow.sort((a, b) => b.bytes - a.bytes)
    for (const { reader, bytes } of slow) {
      if (!this.#isFull) return
      reader.cut()
      this.#onCut(bytes)
    }
  }

  /** Those that have kept more than their part for long. */
  #slowReaders(): { reader: Reader; bytes: number }[] {
    const nowMs = performance.now()
    const slow: { reader: Reader; bytes: number }[] = []
    for (const reader of this.#readers) {
      const bytes = reader.refusedBytes
      if (bytes <= this.#fairBytes) {
        this.#slowSinceMs.delete(reader)
        continue
      }
      const sinceMs = this.#slowSinceMs.get(reader) ?? nowMs
      this.#slowSinceMs.set(reader, sinceMs)
      if (nowMs - sinceMs >= this.#patienceMs) slow.push({ reader, bytes })
    }
    return slow
  }
}
