import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ServerFrame } from '../protocol/server-frames.ts'
import { pongFrame, textFrameOf } from '../protocol/text-frame.ts'
import type { RoomFrame } from '../room/room-frame.ts'
import { LOW_BUFFERED_BYTES, MAX_BUFFERED_BYTES } from '../support/limits.ts'
import type { Buffers, Reader } from './buffers.ts'
import type { FrameWriter, Target } from './frame-writer.ts'
import type { Outlet } from './subscription.ts'
import { joiner, type Flushed, type Flushes, type Join } from './turn.ts'
import { SHORT_PROTOCOL } from './upgrade.ts'

const NOTHING = Buffer.alloc(0)

export interface ChannelServices {
  readonly writeFrame: FrameWriter
  readonly flushes: Flushes
  readonly buffers: Buffers
}

/** The writing side of one connection. */
export class Channel implements Outlet, Reader, Flushed {
  readonly isShort: boolean
  readonly #target: Target
  readonly #services: ChannelServices
  readonly #buffers: Buffers
  /** What was written in this turn of the event loop. */
  #frames: Buffer[] = []
  #framesBytes = 0
  /** As `buffers` counts them: all that waits, and what the kernel did not take before this turn. */
  #waitingBytes = 0
  #refusedBytes = 0
  #flushing: Promise<void> | undefined
  #closed = false

  /** @param socket the TCP socket of `webSocket` */
  constructor(webSocket: WebSocket, socket: Duplex, services: ChannelServices) {
    this.#target = { webSocket, socket, untakenBytes: 0, onTaken: undefined }
    this.#services = services
    this.#buffers = services.buffers
    this.isShort = webSocket.protocol === SHORT_PROTOCOL
    this.#buffers.open(this)
    webSocket.once('close', () => this.#close())
  }

  get isOpen(): boolean {
    const { webSocket } = this.#target
    return webSocket.readyState === webSocket.OPEN
  }

  get isSlow(): boolean {
    // Nearly always nothing waits, and the first comparison is all that a delivery costs.
    if (this.#waitingBytes <= this.#buffers.fairBytes) return false
    // A client that reads well may be sent much in one turn of the event loop.
    return this.refusedBytes > this.#buffers.boundBytes || this.#measure() > MAX_BUFFERED_BYTES
  }

  get refusedBytes(): number {
    // The kernel has not been offered yet what was written in this turn.
    if (this.#frames.length === 0) this.#refusedBytes = this.#measure()
    return this.#refusedBytes
  }

  cut(): void {
    this.#target.webSocket.terminate()
    this.#close()
  }

  async drained(): Promise<void> {
    const { socket } = this.#target
    const isFull = () => this.#measure() > this.#buffers.atMost(LOW_BUFFERED_BYTES)
    while (this.isOpen && socket.writable && isFull()) await this.#flushed()
  }

  atMost(bytes: number): number {
    return this.#buffers.atMost(bytes)
  }

  send(frame: ServerFrame): void {
    if (this.isOpen) this.#add(textFrameOf(JSON.stringify(frame)))
  }

  sendEvent(event: RoomFrame): void {
    if (this.isOpen) this.#add(this.isShort ? event.short : event.long)
  }

  /** Answers a ping, unless the client reads no answers: RFC 6455, 5.5.3, asks for the latest one only. */
  pong(data: Buffer): void {
    if (this.isOpen && !this.isSlow) this.#add(pongFrame(data))
  }

  flush(join: Join = joiner()): void {
    const frames = this.#frames
    if (frames.length === 0) return
    this.#frames = []
    this.#framesBytes = 0
    if (this.isOpen) this.#services.writeFrame(this.#target, { frames, bytes: join(frames) })
    this.#follow()
  }

  #add(frame: Buffer): void {
    if (this.#frames.length === 0) {
      this.#refusedBytes = this.#measure()
      this.#services.flushes.add(this)
    }
    this.#frames.push(frame)
    this.#framesBytes += frame.length
    this.#waitingBytes += frame.length
    this.#buffers.count(frame.length)
  }

  /** Counts what waits until nothing does. */
  #follow(): void {
    if (this.#measure() > 0 && this.#target.socket.writable) void this.#flushed()
  }

  /** Counts what waits now. After a flush that is what the kernel did not take. */
  #measure(): number {
    const { webSocket, untakenBytes } = this.#target
    const bytes = this.#closed ? 0 : webSocket.bufferedAmount + untakenBytes + this.#framesBytes
    this.#buffers.count(bytes - this.#waitingBytes)
    this.#waitingBytes = bytes
    return bytes
  }

  /** Resolves when the kernel has taken some of what waits now, or the socket is closed. The socket must be writable. */
  #flushed(): Promise<void> {
    this.flush()
    this.#flushing ??= new Promise((resolve) => {
      const target = this.#target
      const end = () => {
        this.#flushing = undefined
        target.onTaken = undefined
        this.#follow()
        resolve()
      }
      // The stream of the socket does not know of these bytes, and none follow them before they are taken.
      if (target.untakenBytes > 0) target.onTaken = end
      else target.socket.write(NOTHING, end)
    })
    return this.#flushing
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#frames = []
    this.#framesBytes = 0
    this.#buffers.close(this, this.#waitingBytes)
    this.#waitingBytes = 0
  }
}
