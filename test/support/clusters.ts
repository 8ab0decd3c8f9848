import { clustersOf, type Cluster, type Environment } from '@chat-app/charts'
import { environments } from '@chat-app/environments'

/** Every cluster of every environment, each with its folder's name. */
export const clusters = environments.flatMap(clustersOf)
export const namedClusters = clusters.map((cluster) => [cluster.folder, cluster] as const)

/** The cluster of an environment that takes its writes. */
export function activeCluster(environment: Environment): Cluster {
  const found = clustersOf(environment).find(({ region }) => region?.isActive !== false)
  if (found === undefined) throw new Error(`${environment.name} has no active cluster`)
  return found
}
