export interface LockOptions {
  /** Ends the wait for the lock, not the work. */
  readonly signal?: AbortSignal | undefined
  /** @default 15 minutes */
  readonly longestWaitMs?: number
  /** Called once if the lock is held, with the PID of the process that holds it. */
  readonly onWait?: (pid: number) => void
}

/**
 * Runs `work` while it holds the lock file at `path`, which contains the PID of its process. One process on this
 * machine can hold the lock. If the process that holds it has ended, the lock is taken over.
 *
 * @throws Error when the lock is still held after `longestWaitMs`
 */
export function withLock<T>(path: string, work: () => T | Promise<T>, options?: LockOptions): Promise<T>
