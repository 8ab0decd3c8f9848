import type { Awaited } from './gaps.ts'
import type { Receiver } from './receiver.ts'

/** What its sender knows of a message. */
export interface Sent {
  readonly clientId: string
  /** 0 or 1. */
  readonly sender: number
  /** Counts the messages of its sender that must keep their order; undefined for one that need not. */
  readonly order: number | undefined
  readonly sentAt: number
}

/** A message, and what became of it. */
export class Message implements Awaited {
  readonly clientId: string
  readonly sender: number
  readonly order: number | undefined
  readonly sentAt: number
  seq: number | undefined
  acknowledgedAt: number | undefined
  /** Who has it: one bit for each receiver. */
  receivers = 0
  readonly #other: Receiver | undefined

  /** @param other the user who waits for it */
  constructor({ clientId, sender, order, sentAt }: Sent, other: Receiver | undefined) {
    this.clientId = clientId
    this.sender = sender
    this.order = order
    this.sentAt = sentAt
    this.#other = other
  }

  get acknowledged(): boolean {
    return this.acknowledgedAt !== undefined
  }

  waits(): string {
    return `message ${this.clientId} waited for its delivery to ${this.#other?.name}`
  }

  isLost(): boolean {
    return this.seq !== undefined && this.#other?.missing.has(this.seq) === true
  }
}
