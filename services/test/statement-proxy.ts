import type { Socket } from 'node:net'
import { TcpProxy } from './tcp-proxy.ts'

/** Sequence number and command of a packet that begins a query: the first 3 bytes are its length. */
const [SEQUENCE, COMMAND, TEXT] = [3, 4, 5]
const COM_QUERY = 3
/** What each connection sends before its first statement. */
const SETTINGS = /^SET SESSION /

/**
 * A TCP proxy in front of a database. When the server has answered the statement of a given number, counted from 1 over all
 * connections, it keeps the answer back and calls `onAnswer` instead.
 */
export class StatementProxy extends TcpProxy {
  readonly #target: number
  readonly #last: number
  readonly #onAnswer: () => void
  #count = 0

  private constructor(target: number, last: number, onAnswer: () => void) {
    super()
    this.#target = target
    this.#last = last
    this.#onAnswer = onAnswer
  }

  static start(target: number, last: number, onAnswer: () => void): Promise<StatementProxy> {
    return new StatementProxy(target, last, onAnswer).listen()
  }

  protected next(): number {
    return this.#target
  }

  protected pass(client: Socket, server: Socket): void {
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
