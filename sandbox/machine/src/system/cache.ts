import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Returns a path in the cache that all checkouts of a user share: `$XDG_CACHE_HOME/chat-app-sandbox`, or
 * `~/.cache/chat-app-sandbox`.
 */
export function cacheDir(...parts: readonly string[]): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(base, 'chat-app-sandbox', ...parts)
}
