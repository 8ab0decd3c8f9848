import type { WebSocket } from 'ws'
import { MAX_WAITING_CHARACTERS, MAX_WAITING_FRAMES } from '../support/limits.ts'

/** Handles a client's frames one after the other. While too many wait, the socket is not read. */
export class Inbox {
  readonly #socket: WebSocket
  readonly #handle: (text: string) => Promise<void>
  #waiting: string[] = []
  #characters = 0
  #working = false
  #closed = false

  constructor(socket: WebSocket, handle: (text: string) => Promise<void>) {
    this.#socket = socket
    this.#handle = handle
  }

  add(text: string): void {
    if (this.#closed) return
    this.#waiting.push(text)
    this.#characters += text.length
    const isFull = this.#waiting.length > MAX_WAITING_FRAMES || this.#characters > MAX_WAITING_CHARACTERS
    if (isFull) this.#socket.pause()
    if (!this.#working) void this.#work()
  }

  /** Drops the waiting frames and those that arrive later. The socket is still read, for the client's answer to a close frame. */
  close(): void {
    this.#closed = true
    this.#clear()
  }

  async #work(): Promise<void> {
    this.#working = true
    for (let at = 0; at < this.#waiting.length; at += 1) await this.#handle(this.#waiting[at] as string)
    this.#working = false
    this.#clear()
  }

  #clear(): void {
    this.#waiting = []
    this.#characters = 0
    if (this.#socket.isPaused) this.#socket.resume()
  }
}
