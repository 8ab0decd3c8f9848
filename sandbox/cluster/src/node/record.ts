import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type ProcessIdentity } from '@chat-app/sandbox-machine'
import type { Network } from './network.ts'

/** Name of the first file in a sandbox's folder and the last to go: it says that all in the folder is ours to remove. */
export const MARK = '.chat-app-sandbox'

/** What is written into `node.json` of a sandbox's folder when its first process runs. */
export interface NodeRecord {
  readonly network: Network
  /** Folder of the unpacked Debian packages. */
  readonly debian: string
  /** The one that made the namespaces, and their first process; either's end is the end of all. */
  readonly unshare: ProcessIdentity
  readonly init: ProcessIdentity
}

/** Undefined when the folder has none. */
export function readNodeRecord(dir: string): NodeRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, 'node.json'), 'utf8')) as NodeRecord
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export function writeNodeRecord(dir: string, record: NodeRecord): void {
  const path = join(dir, 'node.json')
  writeFileSync(`${path}.new`, JSON.stringify(record, undefined, 2))
  renameSync(`${path}.new`, path)
}

export function isRunning(record: NodeRecord | undefined): record is NodeRecord {
  return record !== undefined && isAlive(record.init)
}
