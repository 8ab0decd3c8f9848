/**
 * The database's clock, as it was read last. So processes agree on when a token expires, whatever their own clocks say.
 */
export class DatabaseClock {
  /** What to add to `performance.now()`; until the database was read, by the process's own clock. */
  #offsetMs = Date.now() - performance.now()

  /** Milliseconds since 1970. */
  now(): number {
    return performance.now() + this.#offsetMs
  }

  /** @param nowMs what the database answered; a bit late, by at most the time of the query */
  set(nowMs: number): void {
    this.#offsetMs = nowMs - performance.now()
  }
}
