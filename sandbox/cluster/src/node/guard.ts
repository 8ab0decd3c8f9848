import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** The program of the other process. */
const GUARD = join(import.meta.dirname, 'guard-process.ts')

/**
 * Watches over this process from another one: when this one goes, however it goes, the sandbox in the folder is removed.
 * Gives a function that ends the watch.
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
