export { reclaimVolumes } from './volumes.ts'
export { nodeRequirements, type MissingRequirement } from './requirements.ts'
export { openNode, removeNode, startNode, type NodeCluster, type NodeComponent, type NodeOptions } from './start.ts'
