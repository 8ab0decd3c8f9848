import { copyFileSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'

const MAX_LOG_BYTES = 16 * 2 ** 20

/**
 * Limits each log of a sandbox: one that has reached `maxBytes` is copied to `NAME.log.1` and truncated.
 *
 * @param maxBytes bytes; defaults to 16 MiB
 */
export function limitLogs(dir: string, maxBytes = MAX_LOG_BYTES): void {
  const logs = readdirSync(join(dir, 'logs')).filter((name) => name.endsWith('.log'))
  for (const name of logs) {
    const path = join(dir, 'logs', name)
    if (statSync(path).size < maxBytes) continue
    copyFileSync(path, `${path}.1`)
    // The processes append to the file, so they continue at its new end.
    truncateSync(path)
  }
}
