import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A TCP proxy in front of several processes, as a Service of Kubernetes: each new connection goes to the next one. */
export class Balancer implements AsyncDisposable {
  /** Ports of the processes that get new connections. */
  ports: readonly number[]
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #connections = 0

  private constructor(ports: readonly number[]) {
    this.ports = ports
    this.#server = createServer((client) => this.#join(client))
  }

  static async start(...ports: number[]): Promise<Balancer> {
    const balancer = new Balancer(ports)
    await once(balancer.#server.listen(0, '127.0.0.1'), 'listening')
    return balancer
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket): void {
    const port = this.ports[this.#connections % this.ports.length] ?? 0
    this.#connections += 1
    const server = connect(port, '127.0.0.1')
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
      one.pipe(other)
    }
  }
}
