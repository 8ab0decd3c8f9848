import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../support/errors.ts'
import { STATEMENT_TIMEOUT_MS } from '../support/limits.ts'
import { within } from '../support/within.ts'
import type { Excuses } from './excuses.ts'

const INTERVAL_MS = 250
/** An answer that takes longer counts as none. */
export const SLOW_MS = 1000
/** After an outage the services still wait for statements that they sent before it. */
const RECOVERY_MS = STATEMENT_TIMEOUT_MS
/** Such an answer comes within a few milliseconds. One that takes longer than this shows that everything is slow. */
const USUAL_MS = 250
/** How often the event loop is measured, and by how much it may be late. */
const TICK_MS = 50
const LATE_MS = 100

/** Asks the dependencies of the services four times a second, and excuses the time in which they or this process stood still. */
export class Dependencies {
  readonly #excuses: Excuses
  readonly #failures = new Map<string, string>()
  readonly #loop: NodeJS.Timeout
  #stopped = false

  /** @param checks by name, such as "the database". Each rejects with the fault */
  constructor(checks: Readonly<Record<string, () => Promise<unknown>>>, excuses: Excuses) {
    this.#excuses = excuses
    for (const [name, check] of Object.entries(checks)) void this.#watch(name, check)
    let last = performance.now()
    this.#loop = setInterval(() => {
      const now = performance.now()
      if (now - last > TICK_MS + LATE_MS) excuses.add('the process of the proof stood still', last, now)
      last = now
    }, TICK_MS)
  }

  /** What fails now, with its reason; undefined if nothing does. */
  get failure(): string | undefined {
    const [first] = this.#failures
    return first && `${first[0]}: ${first[1]}`
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#loop)
  }

  async #watch(name: string, check: () => Promise<unknown>): Promise<void> {
    let goodAt = performance.now()
    let hasAnswered = false
    while (!this.#stopped) {
      const startedAt = performance.now()
      const failure = await failureOf(check)
      const now = performance.now()
      const wasBad = this.#failures.has(name)
      if (failure === undefined) this.#failures.delete(name)
      else this.#failures.set(name, failure)
      if (failure !== undefined || wasBad) {
        // Before its first answer it is only being connected, which is no outage of anybody else.
        const recoveryMs = failure === undefined && hasAnswered ? RECOVERY_MS : 0
        this.#excuses.add(`${name} did not answer`, goodAt, now + recoveryMs)
      }
      if (now - startedAt > USUAL_MS) this.#excuses.add(`${name} was slow`, startedAt, now)
      if (failure === undefined) [goodAt, hasAnswered] = [now, true]
      await sleep(Math.max(startedAt + INTERVAL_MS - performance.now(), 0))
    }
  }
}

async function failureOf(check: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await within(SLOW_MS, check(), `no answer within ${SLOW_MS} ms`)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
