/** Lets callers wait for an event that may not come. */
export class WakeUp {
  readonly #waiting = new Set<() => void>()

  /**
   * Resolves at the next `wake`, at the latest after `timeoutMs`.
   * @param timeoutMs @default without end
   */
  wait(timeoutMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs)
      this.#waiting.add(done)
    })
  }

  wake(): void {
    for (const done of this.#waiting) done()
  }
}
