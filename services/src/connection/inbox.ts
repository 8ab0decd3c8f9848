import type { WebSocket } from 'ws'

/** Frames that were received and not looked at yet; the socket is not read while there are more. */
const maxWaiting = 64

/** Takes a client's frames one after the other: the next one waits until `handle` is done with the one before. */
export class Inbox {
  readonly #socket: WebSocket
  readonly #handle: (text: string) => Promise<void>
  #waiting: string[] = []
  #working = false
  #closed = false

  constructor(socket: WebSocket, handle: (text: string) => Promise<void>) {
    this.#socket = socket
    this.#handle = handle
  }

  add(text: string): void {
    if (this.#closed) return
    this.#waiting.push(text)
    if (this.#waiting.length > maxWaiting) this.#socket.pause()
    if (!this.#working) void this.#work()
  }

  /** What waits and what comes is not looked at any more; the socket is read on, for the answer to a close frame. */
  close(): void {
    this.#closed = true
    this.#waiting = []
    if (this.#socket.isPaused) this.#socket.resume()
  }

  async #work(): Promise<void> {
    this.#working = true
    for (let at = 0; at < this.#waiting.length; at += 1) await this.#handle(this.#waiting[at] as string)
    this.#waiting = []
    this.#working = false
    if (this.#socket.isPaused) this.#socket.resume()
  }
}
