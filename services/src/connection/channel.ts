import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import type { ServerFrame } from '../protocol/server-frames.ts'
import { MAX_BUFFERED_BYTES } from '../support/limits.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Outlet } from './subscription.ts'

/** A replay goes on when fewer bytes wait for the client. */
const LOW_BUFFERED_BYTES = 64 * 1024
const DRAIN_POLL_MS = 20

/** The writing side of one connection. */
export class Channel implements Outlet {
  readonly #webSocket: WebSocket
  readonly #socket: Duplex
  readonly #writeFrame: FrameWriter
  #corked = false

  constructor(webSocket: WebSocket, socket: Duplex, writeFrame: FrameWriter) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#writeFrame = writeFrame
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN
  }

  get isSlow(): boolean {
    return this.#webSocket.bufferedAmount > MAX_BUFFERED_BYTES
  }

  async drained(): Promise<void> {
    while (this.isOpen && this.#webSocket.bufferedAmount > LOW_BUFFERED_BYTES) await sleep(DRAIN_POLL_MS)
  }

  send(frame: ServerFrame): void {
    if (!this.isOpen) return
    this.#cork()
    this.#webSocket.send(JSON.stringify(frame))
  }

  sendFrame(frame: Buffer): void {
    if (!this.isOpen) return
    this.#cork()
    this.#writeFrame(this.#webSocket, this.#socket, frame)
  }

  /** Sends all that is written in one turn of the event loop with one system call. */
  #cork(): void {
    if (this.#corked) return
    this.#corked = true
    this.#socket.cork()
    setImmediate(() => {
      this.#corked = false
      this.#socket.uncork()
    })
  }
}
