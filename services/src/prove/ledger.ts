import { Gaps } from './gaps.ts'
import { Message } from './message.ts'
import { Receiver } from './receiver.ts'

/** What a receiver got: an event of the room, from a connection or from a page of the history. */
export interface Received {
  readonly seq: number
  /** Only messages are counted. @default message */
  readonly kind?: string
  readonly sender: string
  readonly clientId: string
}

export type FaultKind = 'lost' | 'duplicated' | 'reordered'

export interface Faults {
  readonly count: number
  readonly first: Fault | undefined
}

export interface Fault {
  /** When it was seen. */
  readonly at: number
  readonly what: string
  /** The user whose connection it may be the fault of, and since when; undefined for a reader of the history. */
  readonly by?: { readonly user: number; readonly from: number }
}

/**
 * What two users of one room sent, and what everybody who reads the room got: the users themselves and readers of the
 * history. It only counts; see `judge`. It keeps the messages that somebody has not got yet.
 */
export class Ledger {
  /** Of the deliveries to the other user. */
  readonly gaps: Gaps
  readonly #users: readonly string[]
  readonly #receivers: readonly Receiver[]
  /** Those that are not acknowledged, or that somebody has not got. */
  readonly #messages = new Map<string, Message>()
  readonly #faults: Record<FaultKind, Map<number, Fault>> = {
    lost: new Map(),
    duplicated: new Map(),
    reordered: new Map(),
  }
  #sent = 0
  #acknowledged = 0
  #acknowledgedAt = 0

  /**
   * @param users names of the two senders
   * @param receivers who reads: the users, in the same order, then the readers of the history. Names for messages
   * @param longMs gaps above it are kept
   */
  constructor(users: readonly [string, string], receivers: readonly string[], longMs: number) {
    this.#users = users
    this.#receivers = receivers.map((name) => new Receiver(name))
    this.gaps = new Gaps(longMs)
  }

  get sent(): number {
    return this.#sent
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  /** When the last message was acknowledged. */
  get acknowledgedAt(): number {
    return this.#acknowledgedAt
  }

  /** Messages that are acknowledged and that everybody got. */
  get complete(): number {
    return this.#sent - this.#messages.size
  }

  /** Messages that are acknowledged and that both users got. */
  get delivered(): number {
    const partly = [...this.#messages.values()].filter((m) => m.acknowledged && (m.receivers & USERS) === USERS)
    return this.complete + partly.length
  }

  /** @param order counts the messages that must be stored in the order in which they were sent */
  send(sender: number, clientId: string, at: number, order?: number): void {
    const message = new Message({ clientId, sender, order, sentAt: at }, this.#receivers[1 - sender])
    this.#messages.set(this.#key(sender, clientId), message)
    this.gaps.begin(message)
    this.#sent += 1
  }

  acknowledge(sender: number, clientId: string, seq: number, at: number): void {
    const message = this.#messages.get(this.#key(sender, clientId))
    if (!message) return
    this.#number(message, seq, at)
    if (!message.acknowledged) {
      this.#acknowledged += 1
      this.#acknowledgedAt = at
      message.acknowledgedAt = at
    }
    this.#settle(message)
  }

  /** @param who index of the receiver, who joined the room at this number */
  begin(who: number, seq: number): void {
    this.#receivers[who]?.begin(seq)
  }

  /** @param who index of the receiver */
  receive(who: number, { seq, kind = 'message', sender, clientId }: Received, at: number): void {
    const receiver = this.#receivers[who]
    if (!receiver) return
    const message = this.#messages.get(`${sender}\0${clientId}`)
    const what = `message ${clientId} (seq ${seq})`
    const taken = receiver.take(seq, at)
    const by = this.#deliveredBy(who, at)
    if (taken === 'late')
      this.#fault('reordered', seq, { at, ...by, what: `${what} reached ${receiver.name} after a later one` })
    if (taken === 'repeated')
      this.#fault('duplicated', seq, { at, ...by, what: `${what} reached ${receiver.name} twice` })
    if (kind !== 'message') return
    if (!message) {
      if (taken !== 'repeated')
        this.#fault('duplicated', seq, { at, ...by, what: `${what} reached ${receiver.name} when everybody had it` })
      return
    }
    if (taken === 'new' && message.order !== undefined && !receiver.isInOrder(message.sender, message.order)) {
      const stored = { by: { user: message.sender, from: message.sentAt } }
      this.#fault('reordered', seq, { at, ...stored, what: `${what} is stored after one that its sender sent later` })
    }
    this.#number(message, seq, at)
    message.receivers |= 1 << who
    if (who === 1 - message.sender) this.gaps.end(message, at)
    this.#settle(message)
  }

  /**
   * Counts as lost what was acknowledged and did not come, at the end.
   * @param complete indices of the receivers that have read to the end
   */
  finish(complete: readonly number[], at: number): void {
    for (const message of this.#messages.values()) {
      const who = complete.find((index) => (message.receivers & (1 << index)) === 0)
      if (!message.acknowledged || who === undefined) continue
      const receiver = this.#receivers[who]?.name
      const what = `message ${message.clientId} (seq ${message.seq}) is acknowledged and did not reach ${receiver}`
      this.#fault('lost', message.seq ?? 0, { at, what, ...this.#deliveredBy(who, at) })
    }
  }

  /** The faults that happened until a time. What is missing may still come, which is another fault. */
  faults(kind: FaultKind, until: number): Faults {
    const found = new Map([...this.#faults[kind]].filter(([, { at }]) => at <= until))
    if (kind === 'lost') {
      for (const [who, { name, missing }] of this.#receivers.entries()) {
        for (const [seq, at] of missing) {
          const what = `the message with seq ${seq} did not reach ${name}, and a later one did`
          if (at <= until && !found.has(seq)) found.set(seq, { at, what, ...this.#deliveredBy(who, at) })
        }
      }
    }
    return { count: found.size, first: [...found.values()].sort((a, b) => a.at - b.at)[0] }
  }

  #key(sender: number, clientId: string): string {
    return `${this.#users[sender]}\0${clientId}`
  }

  #number(message: Message, seq: number, at: number): void {
    message.seq ??= seq
    if (message.seq === seq) return
    const by = { user: message.sender, from: message.sentAt }
    const what = `message ${message.clientId} has two numbers, ${message.seq} and ${seq}`
    this.#fault('duplicated', seq, { at, by, what })
  }

  #settle(message: Message): void {
    const everybody = (1 << this.#receivers.length) - 1
    if (!message.acknowledged || message.receivers !== everybody) return
    this.#messages.delete(this.#key(message.sender, message.clientId))
  }

  /** A connection must deliver every event once and in order, whoever has sent it. */
  #deliveredBy(who: number, at: number): Pick<Fault, 'by'> {
    return who < this.#users.length ? { by: { user: who, from: at } } : {}
  }

  #fault(kind: FaultKind, seq: number, fault: Fault): void {
    if (!this.#faults[kind].has(seq)) this.#faults[kind].set(seq, fault)
  }
}

/** The bits of the two users. */
const USERS = 3
