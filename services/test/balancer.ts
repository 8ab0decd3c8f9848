import type { Socket } from 'node:net'
import { TcpProxy } from './tcp-proxy.ts'

/** A TCP proxy in front of several processes, as a Service of Kubernetes: each new connection goes to the next one. */
export class Balancer extends TcpProxy {
  /** Ports of the processes that get new connections. */
  ports: readonly number[]
  #connections = 0

  private constructor(ports: readonly number[]) {
    super()
    this.ports = ports
  }

  static start(...ports: number[]): Promise<Balancer> {
    return new Balancer(ports).listen()
  }

  protected next(): number {
    this.#connections += 1
    return this.ports[(this.#connections - 1) % this.ports.length] ?? 0
  }

  protected pass(client: Socket, server: Socket): void {
    client.pipe(server)
    server.pipe(client)
  }
}
