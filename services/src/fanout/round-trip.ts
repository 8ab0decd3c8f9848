/** What a message is known by: a room's numbers are given once. */
interface Numbered {
  readonly epoch: number
  readonly seq: number
}

/** A message that has not come back by then is given up, and counts as this wait. */
const patienceMs = 10_000

/**
 * Times how long what we publish takes to come back to us, by our own clock: of one message at a time, which costs nothing
 * however many there are.
 */
export class RoundTrip {
  readonly #onReturned: (seconds: number) => void
  #awaited: (Numbered & { readonly channel: string; readonly beganAt: number }) | undefined

  constructor(onReturned: (seconds: number) => void) {
    this.#onReturned = onReturned
  }

  begin(channel: string, { epoch, seq }: Numbered, now = performance.now()): void {
    if (this.#awaited !== undefined) {
      if (now - this.#awaited.beganAt < patienceMs) return
      this.#onReturned(patienceMs / 1000)
    }
    this.#awaited = { channel, epoch, seq, beganAt: now }
  }

  end(channel: string, { epoch, seq }: Numbered, now = performance.now()): void {
    const awaited = this.#awaited
    if (awaited === undefined || awaited.seq !== seq || awaited.epoch !== epoch || awaited.channel !== channel) return
    this.#awaited = undefined
    this.#onReturned((now - awaited.beganAt) / 1000)
  }

  /** A channel that is listened to no more: nothing of it comes back, which says nothing about Redis. */
  forget(channel: string): void {
    if (this.#awaited?.channel === channel) this.#awaited = undefined
  }
}
