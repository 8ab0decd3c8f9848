import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHILDREN, CONTROLLER_REVISIONS, type Resource } from '@chat-app/chat/resources'
import { parseJson } from '../../runtime/json.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { FOREIGN_KINDS } from './inputs.ts'

/** A folder for each release. */
export const FOLDER = join(import.meta.dirname, '..', '..', '..', 'test', 'recordings')

/** The file with the objects that install the release, among them the CRD. */
export const INSTALL = 'install.json'

export const REPLICA_SETS: Resource = { group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets' }

/** The kinds of a ChatApp's objects that are recorded, all of them found by the labels of the ChatApp. */
export const RECORDED_KINDS: readonly Resource[] = [...CHILDREN, CONTROLLER_REVISIONS, REPLICA_SETS, ...FOREIGN_KINDS]

/** What the operator of one release left on an API server. */
export interface Recording {
  /** The release of the operator. */
  readonly release: string
  /** The objects that install it. */
  readonly install: readonly KubeObject[]
  /** Each ChatApp, followed by its objects. */
  readonly chatApps: readonly (readonly KubeObject[])[]
}

/** All recordings, the newest release last. */
export function recordings(): Recording[] {
  const releases = readdirSync(FOLDER).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return releases.map((release) => {
    const files = readdirSync(join(FOLDER, release)).filter((name) => name !== INSTALL)
    const chatApps = files.map((name) => read(join(FOLDER, release, name)))
    return { release, install: read(join(FOLDER, release, INSTALL)), chatApps }
  })
}

function read(file: string): KubeObject[] {
  return parseJson(readFileSync(file, 'utf8'))
}
