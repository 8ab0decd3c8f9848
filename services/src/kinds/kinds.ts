import type { PoolConnection } from 'mysql2/promise'
import { Policy } from '../policy/policy.ts'
import type { NewEvent, Refusal } from '../store/new-event.ts'
import type { EventRow } from '../store/event-rows.ts'
import type { LockedRoom } from '../store/room-locks.ts'
import type { Approved, Decisions, EventRules } from '../store/rules.ts'
import { AppError } from '../support/errors.ts'
import { readableRow } from './ask.ts'
import { askedBy } from './asked.ts'
import { EXPIRED } from './expired.ts'
import type { EventKind, Step } from './kind.ts'
import { load } from './load.ts'
import { MEMBER } from './member.ts'
import { EDIT, MESSAGE, RECALL } from './message.ts'
import { PIN, REACTION } from './reaction.ts'
import { SETTINGS } from './settings.ts'
import { BatchState, type InboxEntry } from './state.ts'

/** The sender of what happens without a user; nobody can register this name. */
export const SYSTEM = { sender: 'system', senderId: 0 } as const

/** What the hooks of a transaction are told. */
export interface StoredEvents {
  readonly rows: readonly EventRow[]
  readonly rooms: ReadonlyMap<number, LockedRoom>
  readonly inbox: readonly InboxEntry[]
}

/**
 * Writes rows of another module that commit together with the events, while the rooms are locked. What it returns is
 * called after COMMIT; it is lost if the answer to COMMIT is, so nothing may depend on it.
 */
export type TransactionHook = (connection: PoolConnection, stored: StoredEvents) => Promise<(() => void) | void>

export interface KindsOptions {
  /** @default that of direct, group and public rooms */
  readonly policy?: Policy
  /** Kinds beside those of every room. */
  readonly kinds?: readonly EventKind[]
  /** In this order. They lock users after rooms, in the order of their ids, and what is their own after that. */
  readonly hooks?: readonly TransactionHook[]
}

const EVERYWHERE: readonly EventKind[] = [MESSAGE, EDIT, RECALL, REACTION, PIN, MEMBER, SETTINGS, EXPIRED]

/** The kinds of events, and their rules inside the transaction that numbers them. */
export class Kinds implements EventRules {
  readonly policy: Policy
  readonly #kinds: ReadonlyMap<string, EventKind>
  readonly #hooks: readonly TransactionHook[]

  constructor({ policy = new Policy(), kinds = [], hooks = [] }: KindsOptions = {}) {
    this.policy = policy
    this.#kinds = new Map([...EVERYWHERE, ...kinds].map((kind) => [kind.name, kind]))
    this.#hooks = hooks
  }

  get(name: string): EventKind | undefined {
    return this.#kinds.get(name)
  }

  async prepare(
    connection: PoolConnection,
    events: readonly NewEvent[],
    rooms: ReadonlyMap<number, LockedRoom>,
    hashKey?: Buffer,
  ): Promise<Decisions> {
    const state = new BatchState(this.policy, hashKey)
    const asked = askedBy(events, rooms, (name) => this.#kinds.get(name), isSystem)
    await load(connection, state, asked, rooms)
    return new BatchDecisions({ kinds: this.#kinds, hooks: this.#hooks, state, rooms })
  }
}

class BatchDecisions implements Decisions {
  readonly #kinds: ReadonlyMap<string, EventKind>
  readonly #hooks: readonly TransactionHook[]
  readonly #state: BatchState
  readonly #rooms: ReadonlyMap<number, LockedRoom>
  readonly #rows: EventRow[] = []
  readonly #afterCommit: (() => void)[] = []

  constructor(options: {
    kinds: ReadonlyMap<string, EventKind>
    hooks: readonly TransactionHook[]
    state: BatchState
    rooms: ReadonlyMap<number, LockedRoom>
  }) {
    this.#kinds = options.kinds
    this.#hooks = options.hooks
    this.#state = options.state
    this.#rooms = options.rooms
  }

  decide(event: NewEvent, room: LockedRoom, seq: number): Approved | Refusal {
    const kind = this.#kinds.get(event.kind)
    if (!kind)
      return new AppError(
        'bad_request',
        `"${event.kind}": must be one of ${[...this.#kinds.keys()].join(', ')}`,
        'kind',
      )
    const sender = this.#state.person(room.id, event.sender)
    const untargeted = { event, room, seq, sender, isSystem: isSystem(event), state: this.#state }
    const target = event.target === undefined ? undefined : readableRow(untargeted, event.target)
    const step: Step = { ...untargeted, target }
    const refusal = this.#fault(kind, step) ?? kind.apply(step)
    if (refusal) {
      this.#state.forgetAct(room.id, seq)
      return refusal
    }
    const audience = target?.audience ?? event.audience ?? 'all'
    return {
      senderId: step.isSystem ? SYSTEM.senderId : (sender.account?.userId ?? null),
      audience,
      counts: kind.counts !== true ? 'no' : audience === 'all' ? 'all' : 'staff',
      body: kind.keepsText === false ? '' : event.body,
    }
  }

  /** What no event of this kind may be, whoever sends it. */
  #fault(kind: EventKind, { event, room, target, sender, isSystem: bySystem }: Step): Refusal | undefined {
    if (!bySystem && !sender.account) return 'no-room'
    const roomKind = this.#state.policy.kind(room.rules.kind)
    if (!roomKind) return 'no-room'
    if (kind.hasTarget === true && !target)
      return new AppError('bad_request', `${event.target}: must be the seq of an event of this room`, 'target')
    if (event.audience !== undefined && event.audience !== 'all' && !roomKind.hasAudiences)
      return new AppError(
        'bad_request',
        `"${event.audience}": all events of this room are for everyone in it`,
        'audience',
      )
    return undefined
  }

  stored(row: EventRow): void {
    this.#rows.push(row)
    this.#state.addRow(row, true)
  }

  async write(connection: PoolConnection): Promise<void> {
    await this.#state.write(connection)
    const stored = { rows: this.#rows, rooms: this.#rooms, inbox: this.#state.inbox }
    for (const hook of this.#hooks) {
      const then = await hook(connection, stored)
      if (then) this.#afterCommit.push(then)
    }
  }

  committed(): void {
    for (const then of this.#afterCommit) then()
  }
}

function isSystem(event: NewEvent): boolean {
  return event.senderId === SYSTEM.senderId && event.sender === SYSTEM.sender
}
