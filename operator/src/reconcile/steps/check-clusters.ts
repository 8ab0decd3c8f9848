import type { Model } from '@chat-app/chat'
import { clusterFaults } from '../../observe/cluster-faults.ts'
import type { Kinds } from '../../runtime/discovery.ts'
import type { Subject } from '../operator.ts'

/** Finds which clusters that the ChatApp names are not ready. A hibernated ChatApp needs none. */
export async function checkClusters({
  operator,
  model,
  kinds,
}: Subject & { readonly model: Model; readonly kinds: Kinds }): Promise<{ clusterFaults: readonly string[] }> {
  if (model.clusters.length === 0 || model.hibernated) return { clusterFaults: [] }
  return { clusterFaults: await clusterFaults(model, operator.client, kinds) }
}
