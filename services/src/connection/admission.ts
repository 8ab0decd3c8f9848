import { MAX_UNACKNOWLEDGED, MAX_UNACKNOWLEDGED_OF_USER } from '../support/limits.ts'
import { WakeUp } from '../support/wake-up.ts'
import { Outstanding } from './outstanding.ts'
import type { Users, UserShare } from './users.ts'

/** Delays the frames of a connection whose user sends too fast, and counts its messages until they are acknowledged. */
export class Admission {
  readonly #users: Users
  readonly #user: string
  readonly #share: UserShare
  readonly #unacknowledged = new Outstanding()
  readonly #ended = new WakeUp()
  #closed = false
  #gone = false

  constructor(users: Users, user: string) {
    this.#users = users
    this.#user = user
    this.#share = users.enter(user)
  }

  /**
   * Resolves when the next frame may be handled: the user is within the rate, and few messages wait for their commit. Once the
   * connection is closed it resolves at once, and the frame is not to be handled.
   */
  async turn(): Promise<void> {
    const waitMs = this.#share.pace.reserve()
    if (waitMs > 0 && !this.#closed) await this.#ended.wait(waitMs)
    if (this.#closed) this.#share.pace.giveBack()
    for (let full = this.#full(); full && !this.#closed; full = this.#full()) await full.less()
  }

  /** A message is handed to the database. */
  begin(): void {
    this.#unacknowledged.begin()
    this.#share.unacknowledged.begin()
  }

  /** A message was acknowledged or refused. */
  end(): void {
    this.#unacknowledged.end()
    this.#share.unacknowledged.end()
  }

  /** Ends the wait of `turn`. Resolves when all messages are acknowledged or the connection is gone, at the latest after `waitMs`. */
  async close(waitMs: number): Promise<void> {
    this.#closed = true
    this.#wake()
    const deadlineMs = performance.now() + waitMs
    while (this.#unacknowledged.count > 0 && !this.#gone && performance.now() < deadlineMs) {
      await this.#unacknowledged.less(deadlineMs - performance.now())
    }
  }

  /** The connection is gone. Call it once. */
  leave(): void {
    this.#closed = true
    this.#gone = true
    this.#wake()
    this.#users.leave(this.#user)
  }

  /** What has too many unacknowledged messages: the connection, or all connections of the user. */
  #full(): Outstanding | undefined {
    if (this.#unacknowledged.count >= MAX_UNACKNOWLEDGED) return this.#unacknowledged
    return this.#share.unacknowledged.count >= MAX_UNACKNOWLEDGED_OF_USER ? this.#share.unacknowledged : undefined
  }

  #wake(): void {
    this.#ended.wake()
    this.#unacknowledged.wake()
    this.#share.unacknowledged.wake()
  }
}
