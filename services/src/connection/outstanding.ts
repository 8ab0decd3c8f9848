/** Counts what was begun and has not ended, and lets others wait until it becomes less. */
export class Outstanding {
  #count = 0
  readonly #waiting = new Set<() => void>()

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

  wake(): void {
    for (const done of this.#waiting) done()
  }

  /** Resolves when something ends, or the time is over. */
  async less(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#waiting.add(done)
    })
  }
}
