import { withLock } from './lock.mjs'

/** Longer than the slowest work under a lock: a build of Kubernetes with empty caches on one slow core. */
const MAX_WAIT_MS = 45 * 60_000

/**
 * Runs the work while it holds the lock file at `path`, which one process on this machine can hold. If the process that
 * holds it has ended, the lock is taken over.
 *
 * @param signal ends the wait for the lock, not the work
 * @throws Error when the lock is still held after 45 minutes
 */
export function locked<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return withLock(path, work, { signal, longestWaitMs: MAX_WAIT_MS })
}
