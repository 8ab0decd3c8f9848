import { Outstanding } from './outstanding.ts'
import { Pace, type PaceOptions } from './pace.ts'

/** What the connections of one user share in a process, so that more connections do not give more. */
export interface UserShare {
  readonly pace: Pace
  readonly unacknowledged: Outstanding
}

interface Entry extends UserShare {
  connections: number
  forgetting: NodeJS.Timeout | undefined
}

/** The shares of the users who are connected, and of those who left a moment ago. */
export class Users {
  readonly #pace: PaceOptions
  readonly #entries = new Map<string, Entry>()

  constructor(pace: PaceOptions) {
    this.#pace = pace
  }

  get size(): number {
    return this.#entries.size
  }

  /** A connection was opened. Call `leave` once when it is closed. */
  enter(user: string): UserShare {
    const entry = this.#entries.get(user) ?? this.#add(user)
    clearTimeout(entry.forgetting)
    entry.connections += 1
    return entry
  }

  /** A user without connections is forgotten when the pace has its burst again, so that a reconnect gives no new one. */
  leave(user: string): void {
    const entry = this.#entries.get(user)
    if (!entry) return
    entry.connections -= 1
    if (entry.connections > 0) return
    entry.forgetting = setTimeout(() => this.#entries.delete(user), entry.pace.msUntilFull())
    entry.forgetting.unref()
  }

  #add(user: string): Entry {
    const entry = {
      pace: new Pace(this.#pace),
      unacknowledged: new Outstanding(),
      connections: 0,
      forgetting: undefined,
    }
    this.#entries.set(user, entry)
    return entry
  }
}
