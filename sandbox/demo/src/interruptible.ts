/** One Ctrl-C can arrive twice within this time: from the terminal, and forwarded by the parent process. */
const SAME_PRESS_MS = 500

/**
 * Returns a signal that the first Ctrl-C (SIGINT, SIGTERM, SIGHUP) aborts, so that the caller can clean up. The second
 * one ends the process immediately.
 */
export function interruptible(): AbortSignal {
  const controller = new AbortController()
  let firstAt: number | undefined
  const onSignal = (): void => {
    if (firstAt !== undefined && performance.now() - firstAt < SAME_PRESS_MS) return
    if (firstAt !== undefined) process.exit(130)
    firstAt = performance.now()
    console.error('\nInterrupted. Press Ctrl-C again to exit without cleaning up.')
    controller.abort(new Error('interrupted'))
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  // A closed terminal must not end the removal.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  return controller.signal
}
