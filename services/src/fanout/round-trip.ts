/** What a message is known by: a room's numbers are given once. */
interface Numbered {
  readonly epoch: number
  readonly seq: number
}

/** A message that has not come back by then is given up, and counts as its full wait. */
const patienceMs = 10_000

/**
 * Times how long what we publish takes to come back to us, by our own clock: of one message at a time, which costs nothing
 * however many there are.
 */
export class RoundTrip {
  readonly #onReturned: (seconds: number) => void
  #under: { readonly key: string; readonly beganAt: number } | undefined

  constructor(onReturned: (seconds: number) => void) {
    this.#onReturned = onReturned
  }

  begin(channel: string, message: Numbered, now = performance.now()): void {
    if (this.#under !== undefined) {
      const waitedMs = now - this.#under.beganAt
      if (waitedMs < patienceMs) return
      this.#onReturned(waitedMs / 1000)
    }
    this.#under = { key: keyOf(channel, message), beganAt: now }
  }

  end(channel: string, message: Numbered, now = performance.now()): void {
    if (this.#under?.key !== keyOf(channel, message)) return
    this.#onReturned((now - this.#under.beganAt) / 1000)
    this.#under = undefined
  }
}

function keyOf(channel: string, { epoch, seq }: Numbered): string {
  return `${channel} ${epoch} ${seq}`
}
