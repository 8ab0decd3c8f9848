import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ServerFrame } from '../protocol/server-frames.ts'
import { LOW_BUFFERED_BYTES, MAX_BUFFERED_BYTES } from '../support/limits.ts'
import type { Buffers, Reader } from './buffers.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Outlet } from './subscription.ts'

const NOTHING = Buffer.alloc(0)

/** The writing side of one connection. */
export class Channel implements Outlet, Reader {
  readonly #webSocket: WebSocket
  readonly #socket: Duplex
  readonly #writeFrame: FrameWriter
  readonly #buffers: Buffers
  /** As `buffers` counts them: what was written in this turn of the event loop, and what the kernel did not take before. */
  #waitingBytes = 0
  #refusedBytes = 0
  #flushing: Promise<void> | undefined
  #corked = false
  #closed = false

  /** @param socket the TCP socket of `webSocket` */
  constructor(webSocket: WebSocket, socket: Duplex, options: { writeFrame: FrameWriter; buffers: Buffers }) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#writeFrame = options.writeFrame
    this.#buffers = options.buffers
    this.#buffers.open(this)
    webSocket.once('close', () => this.#close())
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN
  }

  get isSlow(): boolean {
    // Nearly always nothing waits, and the first comparison is all that a delivery costs.
    if (this.#waitingBytes <= this.#buffers.fairBytes) return false
    // A client that reads well may be sent much in one turn of the event loop.
    return this.refusedBytes > this.#buffers.boundBytes || this.#measure() > MAX_BUFFERED_BYTES
  }

  get refusedBytes(): number {
    // While corked, the kernel has not been offered what was written in this turn.
    if (!this.#corked) this.#refusedBytes = this.#measure()
    return this.#refusedBytes
  }

  cut(): void {
    this.#webSocket.terminate()
    this.#close()
  }

  async drained(): Promise<void> {
    const isFull = () => this.#measure() > this.#buffers.atMost(LOW_BUFFERED_BYTES)
    while (this.isOpen && this.#socket.writable && isFull()) await this.#flushed()
  }

  atMost(bytes: number): number {
    return this.#buffers.atMost(bytes)
  }

  send(frame: ServerFrame): void {
    if (!this.isOpen) return
    const text = JSON.stringify(frame)
    this.#begin(text.length)
    this.#webSocket.send(text)
  }

  sendFrame(frame: Buffer): void {
    if (!this.isOpen) return
    this.#begin(frame.length)
    this.#writeFrame(this.#webSocket, this.#socket, frame)
  }

  /** Answers a ping, unless the client reads no answers: RFC 6455, 5.5.3, asks for the latest one only. */
  pong(data: Buffer): void {
    if (!this.isOpen || this.isSlow) return
    this.#begin(data.length)
    this.#webSocket.pong(data)
  }

  /** Counts what is written now, and sends all that is written in one turn of the event loop with one system call. */
  #begin(bytes: number): void {
    const isFirst = !this.#corked
    if (isFirst) this.#refusedBytes = this.#measure()
    this.#waitingBytes += bytes
    this.#buffers.count(bytes)
    if (!isFirst) return
    this.#corked = true
    this.#socket.cork()
    setImmediate(() => {
      this.#corked = false
      this.#socket.uncork()
      this.#follow()
    })
  }

  /** Counts what waits until nothing does. */
  #follow(): void {
    if (this.#measure() > 0 && this.#socket.writable) void this.#flushed()
  }

  /** Counts what waits now. After an uncork that is what the kernel did not take. */
  #measure(): number {
    const bytes = this.#closed ? 0 : this.#webSocket.bufferedAmount
    this.#buffers.count(bytes - this.#waitingBytes)
    this.#waitingBytes = bytes
    return bytes
  }

  /** Resolves when the kernel has taken what waits now, or the socket is closed. The socket must be writable. */
  #flushed(): Promise<void> {
    this.#flushing ??= new Promise((resolve) => {
      this.#socket.write(NOTHING, () => {
        this.#flushing = undefined
        this.#follow()
        resolve()
      })
    })
    return this.#flushing
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#buffers.close(this, this.#waitingBytes)
    this.#waitingBytes = 0
  }
}
