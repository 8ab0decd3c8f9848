import { existsSync } from 'node:fs'
import { removeStateFolder, sandboxDir, sandboxLock, SIZES } from '../checkout.ts'
import { withProgress } from '@chat-app/cli'
import { locked } from '@chat-app/sandbox-machine'
import { removeSandbox } from './running.ts'

/** Ends the sandboxes of this checkout and removes their files, including those of a crashed sandbox. */
export async function down(): Promise<void> {
  await locked(sandboxLock(), async () => {
    const existing = SIZES.filter((size) => existsSync(sandboxDir(size)))
    for (const size of existing) await withProgress(`ending the sandbox (${size})`, () => removeSandbox(size))
    if (existing.length === 0) console.log('this checkout has no sandbox')
  })
  removeStateFolder()
}
