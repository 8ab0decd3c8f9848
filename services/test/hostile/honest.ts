import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type ChatClient } from '../../client/index.ts'

const INTERVAL_MS = 50

/** Users who chat as usual meanwhile. */
export class Honest implements AsyncDisposable {
  readonly #clients: readonly ChatClient[]
  readonly #room: string

  private constructor(clients: readonly ChatClient[], room: string) {
    this.#clients = clients
    this.#room = room
  }

  static async open(url: string, options: { room: string; tokens: readonly string[] }): Promise<Honest> {
    const clients = await Promise.all(options.tokens.map((token) => connect(url, { token })))
    await Promise.all(clients.map((client) => client.join(options.room)))
    return new Honest(clients, options.room)
  }

  /** The milliseconds from each send to its acknowledgement, until something is over. */
  async latencies(until: Promise<unknown>): Promise<number[]> {
    const over = new AbortController()
    const ended = until.finally(() => over.abort())
    const all = await Promise.all(
      this.#clients.map(async (client) => {
        const took: number[] = []
        while (!over.signal.aborted) {
          const sentAtMs = performance.now()
          await client.send(this.#room, 'hello')
          took.push(performance.now() - sentAtMs)
          await sleep(INTERVAL_MS)
        }
        return took
      }),
    )
    await ended
    return all.flat()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
  }
}
