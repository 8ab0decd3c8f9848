import { spawn } from 'node:child_process'

/**
 * Watches over this process from another one: when this one goes, however it goes, the sandbox in the folder is removed.
 * Gives a function that ends the watch.
 */
export function removeWithThisProcess(dir: string): () => void {
  const guard = spawn(process.execPath, [import.meta.filename, dir], {
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

if (import.meta.main) {
  const [dir] = process.argv.slice(2)
  if (dir === undefined) throw new Error('usage: guard.ts FOLDER')
  let over = false
  process.stdin.on('data', () => (over = true))
  // Its other end is only closed by us, or by the kernel when we are gone.
  process.stdin.on('close', () => {
    if (over) return
    void import('./start.ts').then(({ removeNode }) => removeNode(dir))
  })
}
