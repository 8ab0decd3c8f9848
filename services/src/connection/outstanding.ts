import { WakeUp } from '../support/wake-up.ts'

/** Counts work that was begun and has not ended, and lets others wait until it is less. */
export class Outstanding {
  readonly #wakeUp = new WakeUp()
  #count = 0

  get count(): number {
    return this.#count
  }

  begin(): void {
    this.#count += 1
  }

  end(): void {
    this.#count -= 1
    this.wake()
  }

  /** Ends the waits of others, although nothing ended. */
  wake(): void {
    this.#wakeUp.wake()
  }

  /**
   * Resolves when some work ends, at the latest after `timeoutMs`.
   * @param timeoutMs @default without end
   */
  less(timeoutMs?: number): Promise<void> {
    return this.#wakeUp.wait(timeoutMs)
  }
}
