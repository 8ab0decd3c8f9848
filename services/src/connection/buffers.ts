import { LOW_BUFFERED_BYTES, MAX_BUFFERED_BYTES } from '../support/limits.ts'

/**
 * The bytes that wait for all clients of a process. While they exceed their share of the memory, each connection may
 * keep little, so that slow clients lose live delivery and the others do not.
 */
export class Buffers {
  readonly maxBytes: number
  usedBytes = 0
  #connections = 0
  /** What each connection may keep while the share is used up: at most half of the share for all together. */
  #fairBytes = LOW_BUFFERED_BYTES

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  open(): void {
    this.#count(1)
  }

  /** @param bytes those that waited for the connection */
  close(bytes: number): void {
    this.usedBytes -= bytes
    this.#count(-1)
  }

  get fairBytes(): number {
    return this.#fairBytes
  }

  /** What one connection may keep now before its live delivery stops. */
  get boundBytes(): number {
    return this.#isFull ? this.#fairBytes : MAX_BUFFERED_BYTES
  }

  /** The lesser one of `bytes` and of what a connection may be sent at a time now. */
  atMost(bytes: number): number {
    return this.#isFull ? Math.min(bytes, this.#fairBytes) : bytes
  }

  get #isFull(): boolean {
    return this.usedBytes > this.maxBytes
  }

  #count(change: number): void {
    this.#connections += change
    const equalBytes = Math.floor(this.maxBytes / 2 / Math.max(this.#connections, 1))
    this.#fairBytes = Math.min(LOW_BUFFERED_BYTES, equalBytes)
  }
}
