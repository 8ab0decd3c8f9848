import { createHash } from 'node:crypto'

/**
 * Name of the sandbox in this folder: of its cgroup, and noted at its link. It is the same each time, so that what a crash
 * leaves is found again.
 */
export function sandboxId(dir: string): string {
  return `chat-app-sandbox-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`
}
