import { clustersOf } from '@chat-app/platform'
import { environments } from '@chat-app/environments'

/** Every cluster of every environment, each with its folder's name. */
export const clusters = environments.flatMap(clustersOf)
export const namedClusters = clusters.map((cluster) => [cluster.folder, cluster] as const)

export { activeCluster } from '@chat-app/platform'
