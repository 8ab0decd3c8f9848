import type { Bus } from '../fanout/bus.ts'

/** So many rounds of the catch-up in a row found something: a subscription was lost without an error. */
const maxRounds = 3
const pauseMs = 10_000

/** Notices a bus that says it is well and brings nothing, and has its connections opened anew. */
export class Refresher {
  readonly #bus: Pick<Bus, 'trouble' | 'refresh'>
  readonly #onRefresh: () => void
  #healed = false
  #rounds = 0
  #refreshedAt = 0

  constructor(bus: Pick<Bus, 'trouble' | 'refresh'>, onRefresh: () => void) {
    this.#bus = bus
    this.#onRefresh = onRefresh
  }

  healed(): void {
    this.#healed = true
  }

  round(): void {
    this.#rounds = this.#healed && this.#bus.trouble === undefined ? this.#rounds + 1 : 0
    this.#healed = false
    if (this.#rounds < maxRounds || Date.now() - this.#refreshedAt < pauseMs) return
    this.#rounds = 0
    this.#refreshedAt = Date.now()
    this.#onRefresh()
    this.#bus.refresh()
  }
}
