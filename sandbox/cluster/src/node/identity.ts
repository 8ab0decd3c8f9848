import { createHash } from 'node:crypto'

/**
 * Returns the name of the folder's sandbox, which its cgroup and the alias of its link have. It depends only on the
 * path, so that what a crash leaves can be found.
 */
export function sandboxId(dir: string): string {
  return `chat-app-sandbox-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`
}
