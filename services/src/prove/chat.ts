import type { Pair } from './accounts.ts'
import { Ledger } from './ledger.ts'
import { Served } from './served.ts'
import { User, type Site } from './user.ts'

export interface ChatOptions {
  readonly pair: Pair
  /** Where each user chats, and how messages call the place. */
  readonly places: readonly [Place, Place]
  /** Gaps above it are kept. */
  readonly longMs: number
  readonly messagesPerSecond: number
  readonly requestsPerSecond: number
  /** How many messages both send together; Infinity for no limit. */
  readonly target: number
}

export interface Place {
  readonly site: Site
  readonly name: string
}

/** They begin the client ids, so that a message names its sender. */
const LABELS = ['a', 'b'] as const

/** Two users in a room of their own, and the ledger of their messages. */
export class Chat {
  readonly ledger: Ledger
  /** Which processes have served each user. */
  readonly served: readonly [Served, Served] = [new Served(), new Served()]
  readonly target: number
  readonly users: readonly User[]

  constructor({ pair, places, longMs, target, ...rates }: ChatOptions) {
    const [first, second] = pair.users
    const receivers = [
      ...places.map(({ name }) => `the user at ${name}`),
      ...places.map(({ name }) => `the history of ${name}`),
    ]
    const ledger = new Ledger([first.name, second.name], receivers, longMs)
    const user = (index: 0 | 1) =>
      new User({
        ...rates,
        account: pair.users[index],
        site: places[index].site,
        room: pair.room,
        label: LABELS[index],
        maySend: () => ledger.sent < target,
        onSend: (clientId, order) => ledger.send(index, clientId, performance.now(), order),
        onAcknowledged: (clientId, seq) => ledger.acknowledge(index, clientId, seq, performance.now()),
        served: this.served[index],
        onJoined: (seq) => ledger.begin(index, seq),
        onReceived: (event) => ledger.receive(index, event, performance.now()),
        onRead: (event) => ledger.receive(places.length + index, event, performance.now()),
      })
    this.ledger = ledger
    this.target = target
    this.users = [user(0), user(1)]
  }

  /** Whether everybody has every message. */
  get isComplete(): boolean {
    return this.ledger.complete === this.ledger.sent
  }

  /** The users whose history was not read since the last acknowledgement. */
  get unread(): readonly User[] {
    // The page that had the last message may have been asked for before its acknowledgement came.
    if (this.isComplete) return []
    return this.users.filter(({ caughtUpAt }) => caughtUpAt < this.ledger.acknowledgedAt)
  }

  start(): void {
    for (const user of this.users) user.start()
  }

  stop(): void {
    for (const user of this.users) user.stop()
  }

  /** Counts what did not come to those who have read everything. */
  finish(): void {
    const unread = this.unread
    const readers = this.users.flatMap((user, index) => (unread.includes(user) ? [] : [this.users.length + index]))
    this.ledger.finish([...this.users.keys(), ...readers], performance.now())
  }

  async close(): Promise<void> {
    await Promise.all(this.users.map((user) => user.close()))
  }
}
