import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A TCP proxy on loopback. When one end of a connection closes, the other one does too. */
export abstract class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #stoppedAt = 0

  constructor() {
    this.#server = createServer((client) => this.#join(client))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#stoppedAt
  }

  async listen(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopListening()
  }

  /** Refuses new connections until `listenAgain`, and cuts the open ones. */
  protected async stopListening(): Promise<void> {
    this.cutAll()
    if (!this.#server.listening) return
    this.#stoppedAt = this.port
    this.#server.close()
    await once(this.#server, 'close')
  }

  protected async listenAgain(): Promise<void> {
    if (!this.#server.listening) await once(this.#server.listen(this.#stoppedAt, '127.0.0.1'), 'listening')
  }

  /** Cuts all open connections. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
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
