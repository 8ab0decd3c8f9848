import type { Socket } from 'node:net'
import { TcpProxy } from './tcp-proxy.ts'

/** A TCP proxy in front of a process, which cuts connections after a number of bytes that came from the process. */
export class CuttingProxy extends TcpProxy {
  readonly #target: number
  readonly #clients = new Set<Socket>()
  #sizes: number[] = []

  private constructor(target: number) {
    super()
    this.#target = target
  }

  static start(target: number): Promise<CuttingProxy> {
    return new CuttingProxy(target).listen()
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  /** How many of the connections of `cut` are to come or not cut yet. */
  get cutsLeft(): number {
    return this.#sizes.length
  }

  /** Cuts the open connections now, and later ones after these numbers of bytes, one after the other. */
  cut(sizes: readonly number[]): void {
    this.#sizes = [...sizes]
    for (const client of this.#clients) client.destroy()
  }

  protected next(): number {
    return this.#target
  }

  protected pass(client: Socket, server: Socket): void {
    this.#clients.add(client)
    client.once('close', () => this.#clients.delete(client))
    client.pipe(server)
    const [size] = this.#sizes
    let left = size ?? Infinity
    server.on('data', (chunk: Buffer) => {
      client.write(chunk.subarray(0, left))
      left -= chunk.length
      if (left > 0) return
      if (this.#sizes[0] === size) this.#sizes.shift()
      client.end()
      server.destroy()
    })
  }
}
