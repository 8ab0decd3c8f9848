import { setTimeout as sleep } from 'node:timers/promises'
import { count, type ChatClient, type Counts } from '@chat-app/services/client'
import { eventually } from '@chat-app/testing'
import { expect } from 'vitest'
import type { TestChatApp } from './chat-app.ts'

/** Lets two users on two pods chat in a room of their own. @param everyMs pause between two messages */
export async function conversation(chatApp: TestChatApp, everyMs: number): Promise<Conversation> {
  const users = await chatApp.users(2)
  return new Conversation(users, await chatApp.room(users), { everyMs })
}

/** Ends the conversation: every message arrived at all users, once and in order. */
export async function expectNothingLost(talk: Conversation): Promise<void> {
  const counts = await talk.end()
  expect(counts).toMatchObject({ lost: 0, duplicated: 0, reordered: 0 })
  expect(counts.sent).toBeGreaterThan(50)
  expect(counts.acknowledged).toBe(counts.sent)
  expect(counts.delivered).toBe(talk.size * counts.sent)
}

/** Users who send messages to a room in turns, until `end`. */
export class Conversation {
  readonly #users: readonly ChatClient[]
  readonly #room: string
  readonly #sends: Promise<unknown>[] = []
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  /** @param options `everyMs`: pause between two messages */
  constructor(users: readonly ChatClient[], room: string, options: { everyMs: number }) {
    this.#users = users
    this.#room = room
    this.#running = this.#send(options.everyMs)
  }

  /** Number of users. */
  get size(): number {
    return this.#users.length
  }

  /** Number of messages that every user has received. */
  get delivered(): number {
    return Math.min(...this.#users.map((user) => user.record.delivered.length))
  }

  /** Number of times that users had to connect again. */
  get reconnects(): number {
    return this.#users.reduce((sum, { record }) => sum + record.reconnects, 0)
  }

  /**
   * Waits until every user has received more messages.
   *
   * @param messages how many more
   * @throws Error when they do not arrive in time
   */
  async continues(messages = 20): Promise<void> {
    const goal = this.delivered + messages
    await eventually(() => this.delivered >= goal)
  }

  /** Stops sending, waits until all messages are acknowledged and delivered, disconnects the users, and counts faults. */
  async end(): Promise<Counts> {
    this.#stop.abort()
    await this.#running
    await Promise.all(this.#sends)
    const sent = this.#sends.length
    await eventually(() => this.delivered >= sent).catch(() => {})
    // A duplicate would arrive soon after the first delivery.
    await sleep(300)
    const records = this.#users.map((user) => user.record)
    await Promise.all(this.#users.map((user) => user.close()))
    return count(records)
  }

  async #send(everyMs: number): Promise<void> {
    for (let i = 0; !this.#stop.signal.aborted; i++) {
      const sending = this.#users[i % this.#users.length]?.send(this.#room, `message ${i}`)
      // `end` awaits it; until then a rejection must not count as unhandled.
      sending?.catch(() => {})
      if (sending) this.#sends.push(sending)
      await sleep(everyMs)
    }
  }
}
