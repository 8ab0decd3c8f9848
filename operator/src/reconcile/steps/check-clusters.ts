import type { Model } from '@chat-app/chat'
import { checkClustersOf, type ClusterCheck } from '../../observe/cluster-faults.ts'
import type { Kinds } from '../../runtime/discovery.ts'
import { keyOf } from '../../runtime/types.ts'
import type { Subject } from '../operator.ts'

/** Finds which clusters that the ChatApp names are not ready, and watches them. A hibernated ChatApp needs none. */
export async function checkClusters({
  operator,
  chatApp,
  model,
}: Subject & { readonly model: Model; readonly kinds: Kinds }): Promise<ClusterCheck> {
  const needed = model.hibernated ? [] : model.clusters
  const key = keyOf(chatApp)
  // One that was deleted meanwhile would be watched for ever.
  operator.clusters.use(key, operator.world.chatApp(key) === undefined ? [] : needed)
  return checkClustersOf(needed, operator)
}
