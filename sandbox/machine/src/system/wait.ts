import { setTimeout as delay } from 'node:timers/promises'

export interface WaitOptions {
  readonly timeoutMs: number
  /** 50 by default. */
  readonly everyMs?: number
  /** What is waited for, for the error. */
  readonly what: string
}

/**
 * Asks again and again until the answer is neither undefined nor false, and gives it.
 * Throws what `probe` throws, or an error that names `what` when the time is over.
 */
export async function waitFor<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { timeoutMs, everyMs = 50, what }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await probe()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() >= deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`)
    await delay(everyMs)
  }
}
