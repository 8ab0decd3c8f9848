import { setTimeout as sleep } from 'node:timers/promises'
import { Contradiction } from './options.ts'

/** The first contradiction of a run, which ends it. */
export class Findings {
  readonly #found = new AbortController()
  #first: Error | undefined

  get signal(): AbortSignal {
    return this.#found.signal
  }

  /** Notes a contradiction, in words. */
  note(words: string): void {
    this.fail(new Contradiction(words))
  }

  /** Notes what ended a part of the run. */
  fail(error: unknown): void {
    this.#first ??= error instanceof Error ? error : new Error(String(error))
    this.#found.abort()
  }

  /** @throws the first error that was noted */
  check(): void {
    if (this.#first) throw this.#first
  }

  /** Waits for some time, or until something was found. @throws the first error that was noted */
  async pause(ms: number): Promise<void> {
    this.check()
    await sleep(ms, undefined, { signal: this.signal }).catch(() => undefined)
    this.check()
  }
}
