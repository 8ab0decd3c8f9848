import type { Socket } from 'node:net'
import { TcpProxy } from './tcp-proxy.ts'

/** A TCP proxy in front of a database that counts the statements with a text in them, and keeps back their answers until `release`. */
export class HoldingProxy extends TcpProxy {
  /** How many were sent to the database. */
  count = 0
  readonly #target: number
  readonly #text: string
  readonly #released = Promise.withResolvers<void>()

  private constructor(target: number, text: string) {
    super()
    this.#target = target
    this.#text = text
  }

  static start(target: number, text: string): Promise<HoldingProxy> {
    return new HoldingProxy(target, text).listen()
  }

  release(): void {
    this.#released.resolve()
  }

  protected next(): number {
    return this.#target
  }

  protected pass(client: Socket, server: Socket): void {
    let isHeld = false
    // The driver sends one statement at a time.
    client.on('data', (packet: Buffer) => {
      isHeld = packet.includes(this.#text)
      if (isHeld) this.count += 1
      server.write(packet)
    })
    server.on('data', (packet: Buffer) => {
      if (isHeld) void this.#released.promise.then(() => client.write(packet))
      else client.write(packet)
    })
  }
}
