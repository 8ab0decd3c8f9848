import type { EventFields } from '../../client/index.ts'
import type { KindCounts } from './options.ts'

/** What a user asked for, and what became of it. */
export interface Action {
  readonly room: string
  readonly user: string
  readonly clientId: string
  readonly kind: string
  /** The text of a message or of an edit. */
  readonly body: string
  readonly target: number | undefined
  /** Absent until it is answered. */
  outcome?: 'stored' | 'refused'
  /** The acknowledged number. */
  seq?: number
  /** The code of the refusal. */
  code?: string
}

/** All actions of a round, in the order in which each user sent them. */
export class Ledger {
  readonly counts = new Map<string, KindCounts>()
  readonly #actions = new Map<string, Action>()
  #made = 0

  get acknowledged(): number {
    return this.counts.values().reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  }

  get actions(): MapIterator<Action> {
    return this.#actions.values()
  }

  get(user: string, clientId: string): Action | undefined {
    return this.#actions.get(`${user}\0${clientId}`)
  }

  /** Notes an event that is sent now. */
  add(room: string, user: string, kind: string, { body = '', target }: EventFields = {}): Action {
    const action: Action = { room, user, clientId: `c${(this.#made += 1)}`, kind, body, target }
    this.#actions.set(`${user}\0${action.clientId}`, action)
    this.count(kind).sent += 1
    return action
  }

  stored(action: Action, seq: number): void {
    Object.assign(action, { outcome: 'stored', seq })
    this.count(action.kind).acknowledged += 1
  }

  refused(action: Action, code: string): void {
    Object.assign(action, { outcome: 'refused', code })
    this.count(action.kind).refused += 1
  }

  /** The counts of a kind of action, also of one that is no event. */
  count(kind: string): KindCounts {
    const known = this.counts.get(kind)
    if (known) return known
    const counts = { sent: 0, acknowledged: 0, refused: 0 }
    this.counts.set(kind, counts)
    return counts
  }

  /** The actions of the round were compared. */
  clear(): void {
    this.#actions.clear()
  }
}
