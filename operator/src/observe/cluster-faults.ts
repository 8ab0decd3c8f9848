import type { ClusterUse, Model } from '@chat-app/chat'
import { pathOf } from '@chat-app/chat/resources'
import type { Client } from '../runtime/client.ts'
import type { Kinds } from '../runtime/discovery.ts'
import { ApiError } from '../runtime/errors.ts'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { conditionOf } from './object-conditions.ts'

/**
 * Why the clusters of other operators that a ChatApp names are not ready, one sentence for each. Reads them from the API
 * server, since they are not watched.
 *
 * @throws ApiError, ConnectionError
 */
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

/** PerconaXtraDBCluster has `state: ready`, RedisCluster `state: Ready`, others a condition. */
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
