import { CHAT_APPS } from '@chat-app/chat/resources'
import { Failure } from '../failure.ts'
import { shown } from '../text/shown.ts'
import { reasonOf, TIMEOUT, type Cluster } from './cluster.ts'
import { isLabel, NAME_RULE } from './names.ts'
import type { StoredChatApp } from './objects.ts'

const KIND = `${CHAT_APPS.plural}.${CHAT_APPS.group}`

/** @throws Failure when it does not exist or cannot be read */
export async function readChatApp(cluster: Cluster, name: string): Promise<StoredChatApp> {
  return JSON.parse(await read(cluster, [named(name)])) as StoredChatApp
}

/** The same; undefined when it does not exist. @throws Failure when it cannot be read */
export async function findChatApp(cluster: Cluster, name: string): Promise<StoredChatApp | undefined> {
  const text = await read(cluster, [named(name), '--ignore-not-found'])
  return text === '' ? undefined : (JSON.parse(text) as StoredChatApp)
}

/** All ChatApps of the namespace, or of all namespaces. @throws Failure when they cannot be read */
export async function listChatApps(cluster: Cluster): Promise<readonly StoredChatApp[]> {
  return (JSON.parse(await read(cluster, [KIND])) as { items: StoredChatApp[] }).items
}

/** Changes a ChatApp by a merge patch, unless it was deleted and created again meanwhile. @throws Failure when refused */
export async function patchChatApp(
  { results }: Cluster,
  { metadata: { name, namespace, uid } }: StoredChatApp,
  patch: { readonly metadata?: object; readonly spec?: object },
): Promise<void> {
  const body = JSON.stringify({ ...patch, metadata: { ...patch.metadata, uid } })
  const by = ['--type', 'merge', '--field-manager', 'kubectl-chatapp', '--patch', body]
  const result = await results(['patch', named(name), '--namespace', namespace, ...by, ...TIMEOUT])
  if (result.code !== 0) throw new Failure(`nothing was changed: ${reasonOf(result)}`)
}

/** The failure of a cluster without the CRD; undefined for every other reason. */
export function notInstalled(reason: string): Failure | undefined {
  // The second text comes of a kubectl that still knows the kind from before, the third one of `apply`.
  if (!/doesn't have a resource type|could not find the requested resource|no matches for kind "ChatApp"/.test(reason))
    return undefined
  return new Failure(`the cluster has no ChatApps (${reason}): install the operator, as docs/install.md says`)
}

/** The argument that names a ChatApp. @throws Failure for what no ChatApp can be called */
function named(name: string): string {
  if (!isLabel(name)) throw new Failure(`${shown(name)} is no name of a ChatApp: ${NAME_RULE}`)
  return `${KIND}/${name}`
}

async function read({ results, inNamespace }: Cluster, what: readonly string[]): Promise<string> {
  const result = await results(['get', ...what, ...inNamespace, '--output', 'json', ...TIMEOUT])
  if (result.code === 0) return result.out
  const reason = reasonOf(result)
  const absent = notInstalled(reason)
  if (absent !== undefined) throw absent
  const remedy = result.err.includes('(NotFound)')
    ? ': "kubectl chatapp status -A" lists all ChatApps; -n names another namespace'
    : ''
  throw new Failure(`${reason}${remedy}`)
}
