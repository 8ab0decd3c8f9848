import { setTimeout as delay } from 'node:timers/promises'

/** What has not happened after this hangs; a slow machine takes a small part of it. */
export const HANG_MS = 180_000

export interface WaitOptions {
  /** @default HANG_MS */
  readonly timeoutMs?: number
  /** @default 50 */
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
  { timeoutMs = HANG_MS, everyMs = 50, what }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await probe()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() >= deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`)
    await delay(everyMs)
  }
}
