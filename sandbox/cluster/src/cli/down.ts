import { existsSync } from 'node:fs'
import { removeStateFolder, sandboxDir, sandboxLock, SIZES } from '../checkout.ts'
import { locked, withProgress } from '@chat-app/sandbox-machine'
import { removeSandbox } from './running.ts'

/** Ends the sandboxes of this checkout and removes their files, also what a crash has left. */
export async function down(): Promise<void> {
  await locked(sandboxLock(), async () => {
    const there = SIZES.filter((size) => existsSync(sandboxDir(size)))
    for (const size of there) await withProgress(`ending the sandbox (${size})`, () => removeSandbox(size))
    if (there.length === 0) console.log('no sandbox of this checkout is there')
  })
  removeStateFolder()
}
