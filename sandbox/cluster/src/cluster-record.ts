import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The content of `cluster.json` in a sandbox's folder. It is written once the sandbox is ready, for later commands. */
export interface ClusterRecord {
  readonly size: 'api' | 'node'
  readonly name: string
  readonly server: string
  /** URL of etcd. Only for the size `api`, where it can be reached. */
  readonly etcd?: string
  readonly kubeconfig: string
  readonly kubectl: string
}

/** Returns undefined if the folder has no `cluster.json`. */
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
