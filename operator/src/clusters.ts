import type { ClusterUse, Model } from '@chat-app/chat'
import type { Client } from './kube/client.ts'
import type { Kinds } from './kube/discovery.ts'
import { ApiError } from './kube/errors.ts'
import { at } from './kube/json.ts'
import { pathOf } from './kube/resources.ts'
import type { KubeObject } from './kube/types.ts'
import { conditionOf } from './pods.ts'

/** Why the clusters that a ChatApp waits for are not ready, one sentence each. Asks the API server for each of them. */
export async function clusterFaults(model: Model, client: Client, kinds: Kinds): Promise<string[]> {
  const faults = await Promise.all(model.clusters.map((use) => clusterFault(use, client, kinds)))
  return faults.filter((fault) => fault !== undefined)
}

async function clusterFault(use: ClusterUse, client: Client, kinds: Kinds): Promise<string | undefined> {
  const { apiGroup, kind, namespace, name, field } = use
  const what = `${kind} ${namespace}/${name}`
  const resource = kinds.get(`${apiGroup}/${kind}`)
  if (resource === undefined) return `waiting for ${what}: the kind ${kind}.${apiGroup} is not installed (${field})`
  try {
    const cluster = await client.request<KubeObject>({ method: 'GET', path: pathOf(resource, namespace, name) })
    return isReady(cluster) ? undefined : `waiting for ${what}: ${stateOf(cluster)} (${field})`
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 404) return `waiting for ${what}: it does not exist (${field})`
    if (error.status !== 403) throw error
    return `RefNotPermitted: the operator may not read ${what}; add ${namespace} to its cluster namespaces (${field})`
  }
}

/** PerconaXtraDBCluster says `state: ready`, RedisCluster `state: Ready`, others have a condition. */
function isReady(cluster: KubeObject): boolean {
  const state = at<string>(cluster, 'status', 'state')?.toLowerCase()
  return state === 'ready' || conditionOf(cluster, 'Ready')?.status === 'True'
}

function stateOf(cluster: KubeObject): string {
  const size = at<number>(cluster, 'status', 'size')
  const ready = at<number>(cluster, 'status', 'ready')
  const state = at<string>(cluster, 'status', 'state') ?? 'no status yet'
  return size === undefined ? state : `${state}, ${ready ?? 0}/${size} nodes ready`
}
