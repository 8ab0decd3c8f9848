import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, type ProcessIdentity } from '@chat-app/sandbox-machine'
import type { Network } from './network.ts'

/** File that marks a folder as one of a sandbox, whose files may be removed. It is created first and removed last. */
export const MARK = '.chat-app-sandbox'

/** The content of `node.json` in a sandbox's folder. It is written when the first process of the node runs. */
export interface NodeRecord {
  readonly network: Network
  /** Folder of the unpacked Debian packages. */
  readonly debian: string
  /** The process that created the namespaces, and their first process. If one of them ends, all processes end. */
  readonly unshare: ProcessIdentity
  readonly init: ProcessIdentity
}

/** Returns undefined if the folder has no `node.json`. */
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
