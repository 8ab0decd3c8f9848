import type { WebSocket } from 'ws'
import type { ServerFrame } from '../protocol/server-frames.ts'
import type { Outlet } from './subscription.ts'

/** What may wait for one client before its live delivery stops; 1,000 such clients are 1 GiB at the very worst. */
export const maxBufferedBytes = 1024 * 1024
/** A replay goes on when less than this waits. */
const lowBufferedBytes = 64 * 1024
const drainPollMs = 20

interface Internals {
  readonly _sender?: { sendFrame(list: readonly Buffer[], done?: (error?: Error) => void): void }
  readonly _socket?: { cork(): void; uncork(): void } | null
}

/** The writing side of one connection. */
export class Channel implements Outlet {
  readonly #socket: WebSocket
  #corked = false

  constructor(socket: WebSocket) {
    this.#socket = socket
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  get isSlow(): boolean {
    return this.#socket.bufferedAmount > maxBufferedBytes
  }

  async drained(): Promise<void> {
    while (this.isOpen && this.#socket.bufferedAmount > lowBufferedBytes) {
      await new Promise((resolve) => setTimeout(resolve, drainPollMs))
    }
  }

  send(frame: ServerFrame): void {
    if (!this.isOpen) return
    this.#cork()
    this.#socket.send(JSON.stringify(frame))
  }

  /** Writes a frame that was built for everyone past ws's own framing, in order with `send`: compression is off. */
  sendFrame(frame: Buffer): void {
    if (!this.isOpen) return
    this.#cork()
    const { _sender: sender } = this.#socket as unknown as Internals
    sender?.sendFrame([frame], ignore)
  }

  // What is written in one turn of the event loop leaves with one system call, and nothing waits for it.
  #cork(): void {
    if (this.#corked) return
    const { _socket: socket } = this.#socket as unknown as Internals
    if (!socket) return
    this.#corked = true
    socket.cork()
    setImmediate(() => {
      this.#corked = false
      socket.uncork()
    })
  }
}

const ignore = () => undefined
