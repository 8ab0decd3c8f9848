import type { Logger } from './log.ts'

const WARNING_INTERVAL_MS = 5000

/**
 * Logs warnings about what may fail many times a second: each message at most once in `intervalMs`. The message must be
 * a constant; what varies belongs in `fields`.
 * @param intervalMs @default 5000
 */
export function throttledWarn(
  log: Pick<Logger, 'warn'>,
  intervalMs: number = WARNING_INTERVAL_MS,
): (fields: object, message: string) => void {
  const loggedAtMs = new Map<string, number>()
  return (fields, message) => {
    const now = performance.now()
    if (now - (loggedAtMs.get(message) ?? -Infinity) < intervalMs) return
    loggedAtMs.set(message, now)
    log.warn(fields, message)
  }
}
