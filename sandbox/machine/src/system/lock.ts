import { withLock } from './lock.mjs'

/** Longer than the slowest work under a lock, a cold build of Kubernetes on one slow core. */
const LONGEST_WAIT_MS = 45 * 60_000

/**
 * Runs the work while no other process on this machine runs work under the same lock file; a lock whose process has ended
 * is taken over. The signal ends the waiting for the lock, not the work.
 *
 * @throws Error when the lock is still held after 45 minutes
 */
export function locked<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return withLock(path, work, { signal, longestWaitMs: LONGEST_WAIT_MS })
}
