import { existsSync } from 'node:fs'
import { removeStateFolder, sandboxDir, sandboxLock } from '../checkout.ts'
import { locked } from '../lock.ts'
import { removeNode } from '../node/index.ts'
import { withProgress } from '../steps.ts'
import { removeLeft } from '../supervisor-client.ts'

/** Ends the sandboxes of this checkout and removes their files, also what a crash has left. */
export async function down(): Promise<void> {
  await locked(sandboxLock(), async () => {
    const api = existsSync(sandboxDir('api'))
    const node = existsSync(sandboxDir('node'))
    if (api) await withProgress('ending the sandbox (api)', () => removeLeft(sandboxDir('api')))
    if (node) await withProgress('ending the sandbox (node)', () => removeNode(sandboxDir('node')))
    if (!api && !node) console.log('no sandbox of this checkout is there')
  })
  removeStateFolder()
}
