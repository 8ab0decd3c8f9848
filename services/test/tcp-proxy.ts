import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A TCP proxy on loopback. When one end of a connection closes, the other one does too. */
export abstract class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor() {
    this.#server = createServer((client) => this.#join(client))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async listen(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** The port that the next connection goes to. */
  protected abstract next(): number

  /** Passes on what the two ends of a connection send. */
  protected abstract pass(client: Socket, server: Socket): void

  #join(client: Socket): void {
    const server = connect(this.next(), '127.0.0.1')
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => undefined)
      one.once('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
    }
    this.pass(client, server)
  }
}
