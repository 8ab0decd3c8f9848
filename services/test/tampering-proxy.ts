import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'

/** Passes a delivered event on, changes it, or keeps it back. `number` counts the events of all connections from 1 on. */
export type Tamper = (event: string, number: number, deliver: (event: string) => void) => void

/** A proxy in front of a WebSocket process: a release that has a fault. Its other frames and the client's pass unchanged. */
export class TamperingProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<WebSocket>()
  readonly #accept = new WebSocketServer({ noServer: true, handleProtocols: () => 'chat.v1' })
  readonly #target: string
  readonly #tamper: Tamper
  #events = 0

  private constructor(target: string, tamper: Tamper) {
    this.#target = target
    this.#tamper = tamper
    this.#server = createServer()
    this.#server.on('upgrade', (request, socket, head) => this.#join(request, socket, head))
  }

  /** @param target ws:// URL */
  static async start(target: string, tamper: Tamper): Promise<TamperingProxy> {
    const proxy = new TamperingProxy(target, tamper)
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening')
    return proxy
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.terminate()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(request: IncomingMessage, tcp: Duplex, head: Buffer): void {
    const { authorization = '' } = request.headers
    const server = new WebSocket(this.#target, 'chat.v1', { headers: { authorization }, perMessageDeflate: false })
    server.on('error', () => tcp.destroy())
    server.once('open', () => {
      this.#accept.handleUpgrade(request, tcp, head, (client) => {
        this.#sockets.add(client).add(server)
        client.on('message', (data) => server.send((data as Buffer).toString()))
        server.on('message', (data) => this.#pass((data as Buffer).toString(), client))
        client.once('close', () => server.close())
        server.once('close', (code, reason) => client.close(code === 1006 ? 1011 : code, reason))
      })
    })
  }

  #pass(frame: string, client: WebSocket): void {
    if (!frame.startsWith('{"type":"event"')) return client.send(frame)
    this.#events += 1
    this.#tamper(frame, this.#events, (event) => client.send(event))
  }
}
