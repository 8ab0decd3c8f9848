import { CHAT_APPS, type Resource } from '@chat-app/chat/resources'
import type { ApiCluster } from '@chat-app/sandbox-cluster'
import type { KubeObject } from '../../runtime/types.ts'
import { must } from '@chat-app/testing'
import { FOREIGN_KINDS } from './inputs.ts'
import { RECORDED_KINDS, type Recording } from './recordings.ts'

/** Where the API server stores a kind, if not under its plural. */
const FOLDERS: Readonly<Record<string, string>> = { Service: 'services/specs', Ingress: 'ingress' }
const DEFINED_KINDS = new Set([CHAT_APPS, ...FOREIGN_KINDS])

/**
 * Puts the ChatApps of a recording back with all their objects, as the operator of that release left them, with UIDs,
 * status and managed fields. `prepare` comes first. Controllers then make the pods again.
 */
export async function restore(cluster: ApiCluster, { chatApps }: Recording): Promise<void> {
  // A controller that sees a Deployment before its ReplicaSet makes another one. After its start it sees both.
  await cluster.kill('kube-controller-manager', 'SIGKILL')
  await cluster.store(new Map(chatApps.flat().map((object) => [keyOf(object), object])))
}

function keyOf({ kind, metadata: { name, namespace = '' } }: KubeObject): string {
  const resource = must([CHAT_APPS, ...RECORDED_KINDS].find((each) => each.kind === kind))
  return `/registry/${folderOf(resource)}/${namespace}/${name}`
}

function folderOf(resource: Resource): string {
  const { group, kind, plural } = resource
  return DEFINED_KINDS.has(resource) ? `${group}/${plural}` : (FOLDERS[kind] ?? plural)
}
