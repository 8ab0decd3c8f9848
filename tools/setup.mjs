// What every npm command goes through: installs the packages of the lock file when they changed, finds Node 24, and runs
// the script with it. Plain JavaScript that needs no package, as none may be there yet.
//
// usage: node tools/setup.mjs SCRIPT [ARGUMENT...]     (SCRIPT is relative to the checkout)
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPackages, isInstalled } from './setup/install.mjs'
import { findNode24 } from './setup/node24.mjs'
import { run } from './setup/run.mjs'
import { beginGoBuild } from './setup/prefetch.mjs'

const OLDEST_NODE = 20
/** What takes less time to run than to compile. Not the tests: coverage is less precise for code from a cache. */
const CACHED = new Set(['synth/src/main.ts'])
const root = join(dirname(fileURLToPath(import.meta.url)), '..')

main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})

async function main([script, ...args]) {
  if (script === undefined) throw new Error('usage: node tools/setup.mjs SCRIPT [ARGUMENT...]')
  assertNode()
  if (!isInstalled(root)) {
    const build = beginGoBuild(root, script)
    await installPackages(root)
    build.end()
  }
  run(findNode24(root), [...optionsOf(script), join(root, script), ...args])
}

function optionsOf(script) {
  return CACHED.has(script) ? ['--import', new URL('setup/compile-cache.mjs', import.meta.url).href] : []
}

function assertNode() {
  const major = Number(process.versions.node.split('.')[0])
  if (major >= OLDEST_NODE) return
  throw new Error(
    `Node ${process.versions.node} (${process.execPath}) is too old: this project starts with Node ${OLDEST_NODE} or newer.\n` +
      'Install a current one from https://nodejs.org or with your version manager (nvm install 24) and try again.',
  )
}
