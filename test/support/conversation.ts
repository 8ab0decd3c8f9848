import { setTimeout as sleep } from 'node:timers/promises'
import { count, type ChatClient, type Counts } from '@chat-app/services/client'
import { eventually } from '@chat-app/testing'

/** Users who send by turns, at an even pace, until they are told to stop. */
export class Conversation {
  readonly #users: readonly ChatClient[]
  readonly #room: string
  readonly #sends: Promise<unknown>[] = []
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  constructor(users: readonly ChatClient[], room: string, options: { everyMs: number }) {
    this.#users = users
    this.#room = room
    this.#running = this.#send(options.everyMs)
  }

  get delivered(): number {
    return Math.min(...this.#users.map((user) => user.record.delivered.length))
  }

  /** Resolves when this many more messages have reached everybody: delivery goes on. */
  async goesOn(messages = 20): Promise<void> {
    const goal = this.delivered + messages
    await eventually(() => this.delivered >= goal)
  }

  /** Ends the sending, waits until all of it is acknowledged and delivered, and counts. */
  async end(): Promise<Counts> {
    this.#stop.abort()
    await this.#running
    await Promise.all(this.#sends)
    const sent = this.#sends.length
    await eventually(() => this.delivered >= sent).catch(() => {})
    // A message that would come twice comes soon after the first time.
    await sleep(300)
    const records = this.#users.map((user) => user.record)
    await Promise.all(this.#users.map((user) => user.close()))
    return count(records)
  }

  async #send(everyMs: number): Promise<void> {
    for (let i = 0; !this.#stop.signal.aborted; i++) {
      const sending = this.#users[i % this.#users.length]?.send(this.#room, `message ${i}`)
      // Awaited at the end; until then a failure is no unhandled rejection.
      sending?.catch(() => {})
      if (sending) this.#sends.push(sending)
      await sleep(everyMs)
    }
  }
}
