import { setTimeout as delay } from 'node:timers/promises'

/** An operation that takes longer than this hangs. Even a slow machine needs only a small part of it. */
export const HANG_MS = 180_000

export interface WaitOptions {
  /** @default HANG_MS */
  readonly timeoutMs?: number
  /** @default 50 */
  readonly everyMs?: number
  /** The awaited state, for the error: "containerd to listen". */
  readonly what: string
}

/**
 * Calls `probe` repeatedly until its result is neither undefined nor false, and returns the result.
 *
 * @throws what `probe` throws, or an Error that names `what` after `timeoutMs`
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
