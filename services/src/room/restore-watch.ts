import type { EventIdentity } from '../protocol/events.ts'
import type { EventPage } from '../store/events.ts'
import { messageOf } from '../support/errors.ts'
import { differ } from './identity.ts'

/** A head that is beyond the database for so many rounds of the catch-up is no answer that came late. */
const MAX_ROUNDS = 5

export interface RestoreWatchOptions {
  /** Reads the event with this number. */
  readonly find: (seq: number) => Promise<EventPage>
  /**
   * Raises the epoch if the room's last event has a lower number than `below`. Resolves with whether this call did it.
   * Rejects on a database that takes no writes, such as a replica that is behind.
   */
  readonly raise: (below: number) => Promise<boolean>
  /** Raises the epoch if it is lower than that of this process. Resolves and rejects as `raise` does. */
  readonly raiseOlder: () => Promise<boolean>
  /** This process has raised the epoch. */
  readonly onRaised: () => void
  readonly onError: (error: unknown) => void
}

/** The last event that was delivered. */
interface Head {
  readonly seq: number
  readonly newest: EventIdentity | undefined
}

/**
 * Notices that the database no longer has the events that this process delivered: it was restored, or a failover lost
 * the last transactions. If nobody has raised the epoch, this does.
 */
export class RestoreWatch {
  readonly #options: RestoreWatchOptions
  /** How many rounds in a row found the database behind, or with an older epoch. */
  #rounds = 0
  /** Rounds until the next attempt. */
  #pause = 0
  #isCertain = false
  #isBusy = false
  /** The head when the database was found behind. Once it is no longer, it may have another event there. */
  #doubted: Head | undefined

  constructor(options: RestoreWatchOptions) {
    this.#options = options
  }

  /** The database was behind and has not been seen to have the same events since. */
  get isSuspicious(): boolean {
    return this.#doubted !== undefined
  }

  /** A round of the catch-up has read the room. @param isBehind its last event was before `head` */
  round(isBehind: boolean, head: Head): void {
    this.#pause = Math.max(this.#pause - 1, 0)
    this.#rounds = isBehind ? this.#rounds + 1 : 0
    if (this.#isCertain) void this.#raise(Number.MAX_SAFE_INTEGER)
    else if (this.#rounds >= MAX_ROUNDS) void this.#raise(head.seq)
    else if (isBehind) this.#doubted ??= head
    else if (this.#doubted) void this.#check(this.#doubted)
  }

  /** A round has read an epoch before that of this process: the database is from before the epoch was raised. */
  olderEpoch(head: Head): void {
    this.#pause = Math.max(this.#pause - 1, 0)
    this.#rounds += 1
    this.#doubted ??= head
    if (this.#rounds >= MAX_ROUNDS) void this.#tryToRaise(this.#options.raiseOlder)
  }

  /** The database has another event with the number of one that was delivered. */
  foundOther(): void {
    this.#isCertain = true
    void this.#raise(Number.MAX_SAFE_INTEGER)
  }

  async #check({ seq, newest }: Head): Promise<void> {
    await this.#alone('the last event of a room cannot be checked', async () => {
      const { lastSeq, events } = await this.#options.find(seq)
      // Another server than that of the round may have answered, which is behind.
      if (lastSeq < seq) return
      this.#doubted = undefined
      this.#isCertain ||= differ(newest, events[0])
    })
    if (this.#isCertain) await this.#raise(Number.MAX_SAFE_INTEGER)
  }

  #raise(below: number): Promise<void> {
    return this.#tryToRaise(() => this.#options.raise(below))
  }

  async #tryToRaise(raise: () => Promise<boolean>): Promise<void> {
    if (this.#pause > 0) return
    await this.#alone('the epoch of a room cannot be raised', async () => {
      this.#pause = MAX_ROUNDS
      this.#rounds = 0
      const isRaised = await raise()
      // If it was not this call, another process has raised it, or the database has come as far as this process.
      this.#isCertain = false
      if (isRaised) this.#options.onRaised()
    })
  }

  async #alone(failure: string, work: () => Promise<void>): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      await work()
    } catch (error) {
      this.#options.onError(new Error(`${failure}: ${messageOf(error)}`, { cause: error }))
    } finally {
      this.#isBusy = false
    }
  }
}
