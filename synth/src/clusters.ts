import { clustersOf } from '@chat-app/platform'
import { environments } from '@chat-app/environments'

/** Every cluster of every environment, with the name of its folder. */
export const clusters = environments.flatMap(clustersOf)
export const namedClusters = clusters.map((cluster) => [cluster.folder, cluster] as const)

export { activeCluster } from '@chat-app/platform'
