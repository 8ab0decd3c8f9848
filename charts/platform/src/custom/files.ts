import type { KubernetesObject } from '@chat-app/chat'
import type { Environment } from '../environment/environment.ts'
import { customized } from './index.ts'
import { isTarget, PatchError } from './patches.ts'

/** A file of a cluster: its path below the cluster's folder, such as `30-database.yaml`, and the objects in it. */
export interface ManifestFile {
  readonly path: string
  readonly objects: readonly KubernetesObject[]
}

/** The objects of the values come before the ChatApp, which may need them. */
const OWN_FILE = '80-manifests.yaml'

/**
 * The files with what the values of the environment add and change.
 *
 * @throws PatchError for a patch that matches nothing or cannot be applied, ManifestError for an object that is there
 */
export function customFiles(files: readonly ManifestFile[], environment: Environment): ManifestFile[] {
  const all = withOwnFile(files, environment)
  const change = customized(environment)
  assertMatched(all, environment)
  if (change === undefined) return all
  return all.map(({ path, objects }) => ({ path, objects: objects.map(change) }))
}

/** An object in `manifests` that the platform has too. The message says which. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError'
  /** The number of the object in the values, from 0. */
  readonly index: number

  constructor(index: number, message: string) {
    super(message)
    this.index = index
  }
}

function withOwnFile(files: readonly ManifestFile[], { manifests }: Environment): ManifestFile[] {
  if (manifests === undefined || manifests.length === 0) return [...files]
  const taken = new Set(files.flatMap(({ objects }) => objects.map(identityOf)))
  const objects = manifests as unknown as readonly KubernetesObject[]
  for (const [index, object] of objects.entries()) {
    const identity = identityOf(object)
    if (taken.has(identity)) throw new ManifestError(index, `must not be an object that is there already: ${identity}`)
    taken.add(identity)
  }
  return [...files, { path: OWN_FILE, objects }].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** `Service/chat-app-db/mariadb`. */
function identityOf({ kind, metadata: { namespace, name } }: KubernetesObject): string {
  return [kind, namespace, name].filter((part) => part !== undefined).join('/')
}

function assertMatched(files: readonly ManifestFile[], { patches = [] }: Environment): void {
  for (const [index, patch] of patches.entries()) {
    if (files.some(({ objects }) => objects.some((object) => isTarget(patch, object)))) continue
    const { kind, name, namespace } = patch.target
    const wanted = [kind, namespace, name].filter((part) => part !== undefined).join('/')
    const names = files.flatMap(({ objects }) => objects.filter((object) => object.kind === kind).map(identityOf))
    const known = names.length === 0 ? `there is no ${kind}` : `there are ${names.slice(0, 20).join(', ')}`
    throw new PatchError(index, `must match an object: no ${wanted} is applied; ${known}`)
  }
}
