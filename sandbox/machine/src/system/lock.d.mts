export interface LockOptions {
  /** Ends the waiting for the lock, not the work. */
  readonly signal?: AbortSignal | undefined
  /** @default 15 minutes */
  readonly longestWaitMs?: number
  /** Called once, with the process that has the lock, when it must be waited for. */
  readonly onWait?: (pid: number) => void
}

/**
 * Runs `work` while no other process on this machine runs work under the same lock file, which holds the number of its
 * process. A lock whose process has ended is taken over.
 *
 * @throws Error when the lock is still held after `longestWaitMs`
 */
export function withLock<T>(path: string, work: () => T | Promise<T>, options?: LockOptions): Promise<T>
