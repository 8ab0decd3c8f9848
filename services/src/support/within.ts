import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits for work that takes no AbortSignal. The work itself goes on after the time-out.
 * @throws what the work throws, or an Error with `message` after `timeoutMs`
 */
export async function within<T>(timeoutMs: number, work: T | Promise<T>, message: string): Promise<T> {
  const settled = new AbortController()
  const timeout = sleep(timeoutMs, undefined, { signal: settled.signal }).then(() => {
    throw new Error(message)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    settled.abort()
  }
}
