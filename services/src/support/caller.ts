import { AsyncLocalStorage } from 'node:async_hooks'

const callers = new AsyncLocalStorage<() => boolean>()

/**
 * Runs work for one caller. Reads and hashes of it that wait for their turn are dropped when `isWaiting` says that the
 * caller has gone. Work that several callers share must not run inside.
 */
export function onBehalfOf(isWaiting: () => boolean, work: () => void): void {
  callers.run(isWaiting, work)
}

/** Whether the caller of the present work still waits for it; undefined if it has none. */
export function callerWaits(): (() => boolean) | undefined {
  return callers.getStore()
}

/** Runs work that is done even if its caller goes. */
export function regardless<T>(work: () => Promise<T>): Promise<T> {
  return callers.run(() => true, work)
}
