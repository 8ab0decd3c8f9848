import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { devNull, homedir } from 'node:os'
import { join } from 'node:path'
// oxlint-disable-next-line borders/imports -- no package is installed yet, so no name of one can be imported
import { COMPILE_FLAGS, goEnvironment } from '../../sandbox/machine/src/programs/go-settings.mjs'
import { onPath } from './on-path.mjs'

/** Scripts that run the programs of Kubernetes. */
const NEED_KUBERNETES = new Set(['sandbox/demo/src/main.ts', 'sandbox/cluster/src/cli/main.ts', 'tools/test/main.ts'])

/**
 * Starts to compile Kubernetes while npm installs packages, if the script needs it and it was never built. This only
 * fills Go's cache: the script builds it later, and reports errors.
 */
export function beginGoBuild(root, script) {
  const go = onPath('go')
  if (!go || !NEED_KUBERNETES.has(script) || process.env.KUBEBUILDER_ASSETS || wasBuilt()) return { end() {} }
  const cwd = join(root, 'sandbox', 'machine', 'go', 'kubernetes')
  const args = ['build', ...COMPILE_FLAGS, '-o', devNull, '.']
  const child = spawn(go, args, { cwd, env: goEnvironment(), stdio: 'ignore' })
  child.on('error', () => {})
  const end = () => child.kill('SIGINT')
  process.once('exit', end)
  return {
    /** Stops Go without waiting: it ends after the packages that it is compiling. */
    end() {
      process.off('exit', end)
      end()
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
