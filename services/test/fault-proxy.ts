import type { Socket } from 'node:net'
import { TcpProxy } from './tcp-proxy.ts'

/** A TCP proxy in front of one server, which a test makes unreachable in several ways. */
export class FaultProxy extends TcpProxy {
  /** The port that later connections go to. */
  target: number
  #isHeld = false
  readonly #open = new Set<Socket>()

  private constructor(target: number) {
    super()
    this.target = target
  }

  static start(target: number): Promise<FaultProxy> {
    return new FaultProxy(target).listen()
  }

  /**
   * A black hole: connections stay open and new ones are accepted, but nothing passes, the end of a connection neither.
   * `open` lets pass what was sent meanwhile.
   */
  hold(): void {
    this.#isHeld = true
    for (const socket of this.#open) socket.pause()
  }

  /** Cuts all connections, and refuses new ones until `open`. */
  async refuse(): Promise<void> {
    this.#isHeld = false
    await this.stopListening()
  }

  async open(): Promise<void> {
    this.#isHeld = false
    for (const socket of this.#open) socket.resume()
    await this.listenAgain()
  }

  protected next(): number {
    return this.target
  }

  protected pass(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(from)
      from.once('close', () => this.#open.delete(from))
      from.setNoDelay(true)
      from.on('data', (chunk: Buffer) => {
        if (to.write(chunk) || this.#isHeld) return
        from.pause()
        to.once('drain', () => {
          if (!this.#isHeld) from.resume()
        })
      })
      if (this.#isHeld) from.pause()
    }
  }
}
