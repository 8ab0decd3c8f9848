// The start of every npm command: installs the packages of the lock file when they changed, finds Node 24, and runs the
// script with it. Plain JavaScript without dependencies, because no package may be installed yet.
//
// usage: node tools/setup.mjs SCRIPT [ARGUMENT...]     (SCRIPT is relative to the checkout)
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPackages, isInstalled } from './setup/install.mjs'
import { findNode24 } from './setup/node24.mjs'
import { run } from './setup/run.mjs'
import { beginGoBuild } from './setup/prefetch.mjs'

const OLDEST_NODE = 20
/** Scripts that run with a compile cache. Not the tests: coverage of cached code is less precise. */
const COMPILE_CACHED = new Set(['synth/src/main.ts'])
const CHECKOUT = join(dirname(fileURLToPath(import.meta.url)), '..')

main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})

async function main([script, ...args]) {
  if (script === undefined) throw new Error('usage: node tools/setup.mjs SCRIPT [ARGUMENT...]')
  assertNode()
  if (!isInstalled(CHECKOUT)) {
    const build = beginGoBuild(CHECKOUT, script)
    await installPackages(CHECKOUT)
    build.end()
  }
  run(findNode24(CHECKOUT), [...optionsOf(script), join(CHECKOUT, script), ...args])
}

function optionsOf(script) {
  return COMPILE_CACHED.has(script) ? ['--import', new URL('setup/compile-cache.mjs', import.meta.url).href] : []
}

function assertNode() {
  const major = Number(process.versions.node.split('.')[0])
  if (major >= OLDEST_NODE) return
  throw new Error(
    `Node ${process.versions.node} (${process.execPath}) is too old: this project needs Node ${OLDEST_NODE} or newer to start.\n` +
      'Install a current version from https://nodejs.org or with your version manager (nvm install 24) and try again.',
  )
}
