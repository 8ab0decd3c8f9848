import { PROBE_TIMEOUT_MS } from '../support/limits.ts'

/** The numbers of an event, which are unique in its room. */
interface Numbered {
  readonly epoch: number
  readonly seq: number
}

/** A message that has not returned by then counts as this time. */
const MAX_ROUND_TRIP_MS = 10_000

/**
 * Measures how long a published message takes to return to this process, by its own clock. It measures one message at a
 * time, so that the cost does not grow with the traffic.
 */
export class RoundTrip {
  readonly #onReturned: (seconds: number) => void
  readonly #onOverdue: (channel: string) => void
  #awaited: (Numbered & { readonly channel: string; readonly beganAt: number }) | undefined
  #overdue: NodeJS.Timeout | undefined

  /** @param onOverdue called with the channel of a message that has not returned after 2 s */
  constructor(onReturned: (seconds: number) => void, onOverdue: (channel: string) => void = () => undefined) {
    this.#onReturned = onReturned
    this.#onOverdue = onOverdue
  }

  /** A message was published. @param now milliseconds of any monotonic clock */
  begin(channel: string, { epoch, seq }: Numbered, now = performance.now()): void {
    if (this.#awaited !== undefined) {
      if (now - this.#awaited.beganAt < MAX_ROUND_TRIP_MS) return
      this.#onReturned(MAX_ROUND_TRIP_MS / 1000)
    }
    this.#awaited = { channel, epoch, seq, beganAt: now }
    clearTimeout(this.#overdue)
    this.#overdue = setTimeout(() => this.#onOverdue(channel), PROBE_TIMEOUT_MS).unref()
  }

  /** A message arrived. */
  end(channel: string, { epoch, seq }: Numbered, now = performance.now()): void {
    const awaited = this.#awaited
    if (awaited === undefined || awaited.seq !== seq || awaited.epoch !== epoch || awaited.channel !== channel) return
    this.#clear()
    this.#onReturned((now - awaited.beganAt) / 1000)
  }

  /** The channel is no longer subscribed, so its message will not return; that says nothing about Redis. */
  forget(channel: string): void {
    if (this.#awaited?.channel === channel) this.#clear()
  }

  #clear(): void {
    this.#awaited = undefined
    clearTimeout(this.#overdue)
  }
}
