import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** The program of the guard process. */
const GUARD = join(import.meta.dirname, 'guard-process.ts')

/**
 * Starts a guard process that removes the sandbox in the folder when this process ends, even by SIGKILL. Returns a
 * function that ends the guard process without removing the sandbox.
 */
export function removeWithThisProcess(dir: string): () => void {
  const guard = spawn(process.execPath, [GUARD, dir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  })
  guard.once('error', () => {})
  guard.unref()
  const pipe = guard.stdin as typeof guard.stdin & { unref(): void }
  pipe.on('error', () => {})
  pipe.unref()
  return () => void pipe.end('over')
}
