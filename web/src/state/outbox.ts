import { signal } from '@preact/signals'
import { ApiError } from '@chat-app/services/client'
import type { OutboxMessage } from './drafts.ts'

/** The pauses before a room's messages are sent again, milliseconds. */
const RETRY_MS = { first: 500, most: 15_000 }
const MAX_DOUBLINGS = 10

/** A message that is not stored yet; with `error` it was refused for good. */
export type WaitingMessage = OutboxMessage & { readonly error?: string }

/** One room's messages are sent one after the other; its failures keep no other room waiting. */
interface Lane {
  isSending: boolean
  failures: number
  retrying?: ReturnType<typeof setTimeout>
}

/** The user's messages until the server has stored them. */
export class Outbox {
  readonly messages = signal<readonly WaitingMessage[]>([])
  readonly #store: (message: OutboxMessage) => Promise<unknown>
  readonly #onChange: () => void
  readonly #lanes = new Map<string, Lane>()
  #isStopped = false

  /**
   * @param store sends a message under its client id, so that a repeat stores nothing twice
   * @param onChange called when the messages are others
   */
  constructor(store: (message: OutboxMessage) => Promise<unknown>, onChange: () => void) {
    this.#store = store
    this.#onChange = onChange
  }

  add(message: OutboxMessage): void {
    this.#set([...this.messages.value, message])
    void this.#send(message.room)
  }

  /** Sends a message again that was refused. */
  retry(clientId: string): void {
    const message = this.messages.value.find((one) => one.clientId === clientId)
    if (!message) return
    const { error: _error, ...again } = message
    this.#set(this.messages.value.map((one) => (one === message ? again : one)))
    void this.#send(message.room)
  }

  /** Removes a message: it is stored, or the user gives it up. */
  remove(clientId: string): void {
    const left = this.messages.value.filter((one) => one.clientId !== clientId)
    if (left.length < this.messages.value.length) this.#set(left)
  }

  /** Sends what waits in all rooms now: there is a connection again. */
  sendAll(): void {
    for (const room of new Set(this.messages.value.map(({ room }) => room))) void this.#send(room)
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isStopped = true
    for (const { retrying } of this.#lanes.values()) clearTimeout(retrying)
  }

  async #send(room: string): Promise<void> {
    const lane = this.#lanes.get(room) ?? { isSending: false, failures: 0 }
    this.#lanes.set(room, lane)
    if (lane.isSending || this.#isStopped) return
    lane.isSending = true
    clearTimeout(lane.retrying)
    try {
      for (let next = this.#next(room); next && !this.#isStopped; next = this.#next(room)) await this.#deliver(next)
      lane.failures = 0
    } catch {
      const pauseMs = Math.min(RETRY_MS.first * 2 ** lane.failures, RETRY_MS.most)
      lane.failures = Math.min(lane.failures + 1, MAX_DOUBLINGS)
      if (!this.#isStopped) lane.retrying = setTimeout(() => void this.#send(room), pauseMs)
    } finally {
      lane.isSending = false
    }
  }

  #next(room: string): OutboxMessage | undefined {
    return this.messages.value.find((message) => message.room === room && message.error === undefined)
  }

  /** @throws the error of a request that may be repeated */
  async #deliver(message: OutboxMessage): Promise<void> {
    const { clientId } = message
    try {
      await this.#store(message)
      this.remove(clientId)
    } catch (error) {
      if (!isFinal(error)) throw error
      const text = (error as Error).message
      this.#set(this.messages.value.map((one) => (one.clientId === clientId ? { ...one, error: text } : one)))
    }
  }

  #set(messages: readonly WaitingMessage[]): void {
    this.messages.value = messages
    this.#onChange()
  }
}

/** Statuses below 500 after which the same request may be free later. */
const PASSING: ReadonlySet<number> = new Set([401, 408, 425, 429])

/** Whether the same message would be refused again. */
function isFinal(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && !PASSING.has(error.status)
}
