/** Connections of one user that are kept. A rollout has far fewer. */
const MAX_CONNECTIONS = 100

/** A process that did not say its name, or did not answer. */
export const UNKNOWN = 'unknown'

interface Connection {
  readonly process: string
  readonly from: number
  to: number
}

/** Which process has served a user at which time. Milliseconds of one monotonic clock. */
export class Served {
  readonly #connections: Connection[] = []

  /** @param process its name, which it tells probe users alone; undefined if it is of a release that does not */
  open(process: string | undefined, at: number): void {
    this.close(at)
    this.#connections.push({ process: process ?? UNKNOWN, from: at, to: Infinity })
    if (this.#connections.length > MAX_CONNECTIONS) this.#connections.shift()
  }

  close(at: number): void {
    const last = this.#connections.at(-1)
    if (last) last.to = Math.min(last.to, at)
  }

  /** The processes that served the user for at least a part of a time. */
  between(from: number, to: number, atLeastMs: number): string[] {
    const found = this.#connections.filter((one) => Math.min(one.to, to) - Math.max(one.from, from) >= atLeastMs)
    return found.map(({ process }) => process)
  }
}
