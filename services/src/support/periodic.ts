import { setTimeout as sleep } from 'node:timers/promises'

export interface PeriodicOptions {
  /** The mean time between two runs. Each is drawn from half to one and a half of it, so that processes take turns. */
  readonly intervalMs: number
  /** @param signal aborted by `stop`; the work then ends soon */
  readonly work: (signal: AbortSignal) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Runs work again and again, never twice at once. */
export class Periodic {
  readonly #stopped = new AbortController()
  readonly #runs: Promise<void>

  constructor(options: PeriodicOptions) {
    this.#runs = run(options, this.#stopped.signal)
  }

  /** Resolves when the work has ended. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#runs
  }
}

async function run({ intervalMs, work, onError }: PeriodicOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(intervalMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined)
    if (!signal.aborted) await work(signal).catch(onError)
  }
}
