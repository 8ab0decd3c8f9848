export { activeCluster, clusters, namedClusters } from './clusters.ts'
export { synth } from './write.ts'
