/** Exponential delays with jitter. */
export interface Backoff {
  /** The next delay in milliseconds, longer with each call until `reset`. */
  next(): number
  reset(): void
}

/**
 * Delays of `baseMs`, doubled at each step up to `maxMs`, each shortened by up to a half at random, so that the clients
 * of one failed server do not all retry at the same moment.
 */
export function backoff(baseMs: number, maxMs: number, random: () => number = Math.random): Backoff {
  let attempt = 0
  return {
    next: () => delayMs(attempt++, baseMs, maxMs, random),
    reset: () => {
      attempt = 0
    },
  }
}

/** The delay after `attempt` earlier failures (0 for the first). */
export function delayMs(attempt: number, baseMs: number, maxMs: number, random: () => number = Math.random): number {
  const fullMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30))
  return fullMs * (1 - random() / 2)
}

/** Waits; returns early, without an error, when the signal is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const finish = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal?.addEventListener('abort', finish, { once: true })
  })
}
