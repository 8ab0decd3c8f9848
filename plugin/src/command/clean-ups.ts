/** What must not stay behind when a signal ends a command. */
export class CleanUps {
  readonly #all = new Set<() => Promise<void>>()

  /** Remembers a clean-up until the returned function is called. */
  add(cleanUp: () => Promise<void>): () => void {
    this.#all.add(cleanUp)
    return () => void this.#all.delete(cleanUp)
  }

  /** Runs what is remembered. It never rejects: each one does what it can. */
  async run(): Promise<void> {
    await Promise.allSettled([...this.#all].map((cleanUp) => cleanUp()))
  }
}
