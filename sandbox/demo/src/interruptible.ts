/** One Ctrl-C may arrive twice: from the terminal, and passed on by the process above us. */
const SAME_PRESS_MS = 500

/**
 * A signal that the first Ctrl-C (SIGINT, SIGTERM, SIGHUP) aborts, so that the work ends and what it made can be removed. The second ends
 * the process at once.
 */
export function interruptible(): AbortSignal {
  const controller = new AbortController()
  let firstAt: number | undefined
  const onSignal = (): void => {
    if (firstAt !== undefined && performance.now() - firstAt < SAME_PRESS_MS) return
    if (firstAt !== undefined) process.exit(130)
    firstAt = performance.now()
    console.error('\nInterrupted. Once more to end at once, which leaves what is there.')
    controller.abort(new Error('interrupted'))
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  // A terminal that is gone must not end the removal.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  return controller.signal
}
