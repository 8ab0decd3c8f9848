import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Sequence number and command of a packet that begins a query: the first 3 bytes are its length. */
const [SEQUENCE, COMMAND, TEXT] = [3, 4, 5]
const COM_QUERY = 3
/** What each connection sends before its first statement. */
const SETTINGS = /^SET SESSION /

/**
 * A TCP proxy in front of a database. When the server has answered the statement of a given number, counted from 1 over all
 * connections, it keeps the answer back and calls `onAnswer` instead.
 */
export class StatementProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #last: number
  readonly #onAnswer: () => void
  #count = 0

  private constructor(port: number, last: number, onAnswer: () => void) {
    this.#last = last
    this.#onAnswer = onAnswer
    this.#server = createServer((client) => this.#join(client, connect(port, '127.0.0.1')))
  }

  static async start(port: number, last: number, onAnswer: () => void): Promise<StatementProxy> {
    const proxy = new StatementProxy(port, last, onAnswer)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket, server: Socket): void {
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => undefined)
      one.once('close', () => other.destroy())
    }
    let isLast = false
    client.on('data', (packet: Buffer) => {
      if (isStatement(packet)) isLast = (this.#count += 1) === this.#last
      server.write(packet)
    })
    server.on('data', (packet: Buffer) => {
      if (isLast) this.#onAnswer()
      else client.write(packet)
    })
  }
}

/** The driver sends one command at a time, so a packet is not split or joined with another. */
function isStatement(packet: Buffer): boolean {
  if (packet[SEQUENCE] !== 0 || packet[COMMAND] !== COM_QUERY) return false
  return !SETTINGS.test(packet.toString('utf8', TEXT))
}
