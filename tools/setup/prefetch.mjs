import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { onPath } from './on-path.mjs'

/** The scripts that need a cluster's programs. */
const NEED_KUBERNETES = new Set(['sandbox/demo/src/main.ts', 'sandbox/cluster/src/cli/main.ts', 'tools/test/main.ts'])

/**
 * Fetches the Go modules while npm fetches its packages, when the script will need them and nothing was built before.
 * Only saves time: what fails here is tried again by the build, which explains it.
 */
export function prefetchGoModules(root, script) {
  const go = onPath('go')
  if (!go || !NEED_KUBERNETES.has(script) || process.env.KUBEBUILDER_ASSETS || wasBuilt()) return { letGo() {} }
  const child = spawn(go, ['mod', 'download'], {
    cwd: join(root, 'sandbox', 'machine', 'go', 'kubernetes'),
    stdio: 'ignore',
  })
  child.on('error', () => {})
  const end = () => child.kill()
  process.once('exit', end)
  return {
    /** It goes on, but is not waited for. */
    letGo() {
      child.unref()
    },
  }
}

function wasBuilt() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  try {
    return readdirSync(join(cache, 'chat-app-sandbox', 'kubernetes')).length > 0
  } catch {
    return false
  }
}
