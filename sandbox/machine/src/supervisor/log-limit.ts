import { copyFileSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'

const LARGEST_BYTES = 16 * 2 ** 20

/** Keeps each log of a sandbox below about twice 16 MiB: a full one is copied to `NAME.log.1` and emptied in place. */
export function limitLogs(dir: string, largestBytes = LARGEST_BYTES): void {
  const logs = readdirSync(join(dir, 'logs')).filter((name) => name.endsWith('.log'))
  for (const name of logs) {
    const path = join(dir, 'logs', name)
    if (statSync(path).size < largestBytes) continue
    copyFileSync(path, `${path}.1`)
    // Writers append, so they go on at the new end.
    truncateSync(path)
  }
}
