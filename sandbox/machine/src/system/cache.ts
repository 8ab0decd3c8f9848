import { homedir } from 'node:os'
import { join } from 'node:path'

/** The folder for what is slow to make and the same for every checkout: `$XDG_CACHE_HOME/chat-app-sandbox`, or below `~/.cache`. */
export function cacheDir(...parts: readonly string[]): string {
  const base = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  return join(base, 'chat-app-sandbox', ...parts)
}
