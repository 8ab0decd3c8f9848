import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What is written into `cluster.json` of a sandbox's folder when it is ready, so that a later command finds it. */
export interface ClusterRecord {
  readonly size: 'api' | 'node'
  readonly name: string
  readonly server: string
  readonly kubeconfig: string
  readonly kubectl: string
}

/** Undefined when the folder has none. */
export function readClusterRecord(dir: string): ClusterRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, 'cluster.json'), 'utf8')) as ClusterRecord
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export function writeClusterRecord(dir: string, record: ClusterRecord): void {
  writeFileSync(join(dir, 'cluster.json'), JSON.stringify(record, undefined, 2))
}
