import type { ClusterUse } from '@chat-app/chat'
import { kindOf, type Resource } from '@chat-app/chat/resources'
import type { ClusterWatches } from '../cache/cluster-watches.ts'
import type { Client } from '../runtime/client.ts'
import { hasStatus } from '../runtime/errors.ts'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { isTrue } from './object-conditions.ts'

/** Why a cluster of another operator does not count as ready. */
export interface ClusterFault {
  readonly reason: 'WaitingForCluster' | 'RefNotPermitted'
  /** A sentence that names the cluster and the field of the ChatApp. */
  readonly message: string
}

export interface ClusterCheck {
  readonly clusterFaults: readonly ClusterFault[]
  /** Time after which to ask again, where a cluster is not watched; a change of a watched one is reported. */
  readonly clusterAskMs: number | undefined
}

interface Sources {
  readonly client: Client
  readonly clusters: ClusterWatches
}

/** Finds which of the clusters are not ready. @throws ApiError, ConnectionError when the API server is not available */
export async function checkClustersOf(uses: readonly ClusterUse[], sources: Sources): Promise<ClusterCheck> {
  const found = await Promise.all(uses.map((use) => checkOf(use, sources)))
  return {
    clusterFaults: found.flatMap(({ fault }) => fault ?? []),
    clusterAskMs: found.some(({ isAsked }) => isAsked) ? sources.clusters.askMs : undefined,
  }
}

async function checkOf(use: ClusterUse, { client, clusters }: Sources) {
  const resource = clusters.resourceOf(use)
  if (resource === undefined) {
    const kind = kindOf({ group: use.apiGroup, kind: use.kind })
    return { fault: waiting(use, `the cluster does not serve the kind ${kind}`), isAsked: false }
  }
  const watched = clusters.get(use)
  if (watched !== 'unknown') return { fault: faultOf(use, watched), isAsked: false }
  return { fault: await ask(use, resource, client), isAsked: true }
}

async function ask(use: ClusterUse, resource: Resource, client: Client): Promise<ClusterFault | undefined> {
  try {
    return faultOf(use, await client.get(resource, use.namespace, use.name))
  } catch (error) {
    if (hasStatus(error, 404)) return faultOf(use, undefined)
    if (hasStatus(error, 403)) return notPermitted(use, resource)
    // A conversion webhook that fails, for example, concerns this kind alone.
    if (hasStatus(error, 500)) return waiting(use, `it cannot be read: ${error.message}`)
    throw error
  }
}

function notPermitted({ kind, namespace, name, field }: ClusterUse, { group, plural }: Resource): ClusterFault {
  const missing = `the operator may not read ${kind} ${namespace}/${name} (${field})`
  const fix = `add ${namespace} to clusterNamespaces of its install, or grant it get, list and watch of ${plural}.${group} there`
  return { reason: 'RefNotPermitted', message: `${missing}; ${fix}` }
}

function waiting({ kind, namespace, name, field }: ClusterUse, why: string): ClusterFault {
  return { reason: 'WaitingForCluster', message: `waiting for ${kind} ${namespace}/${name}: ${why} (${field})` }
}

/** PerconaXtraDBCluster has `state: ready`, RedisCluster `state: Ready`, others a condition. */
function faultOf(use: ClusterUse, cluster: KubeObject | undefined): ClusterFault | undefined {
  if (cluster === undefined) return waiting(use, 'it does not exist')
  if (cluster.metadata.deletionTimestamp !== undefined) return waiting(use, 'it is being deleted')
  const state = at<string>(cluster, 'status', 'state')
  if (state?.toLowerCase() === 'ready' || isTrue(cluster, 'Ready')) return undefined
  const size = at<number>(cluster, 'status', 'size')
  const ready = at<number>(cluster, 'status', 'ready') ?? 0
  const nodes = size === undefined ? '' : `, ${ready}/${size} nodes ready`
  return waiting(use, `${state ?? 'no status yet'}${nodes}`)
}
