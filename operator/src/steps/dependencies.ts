import type { Model } from '@chat-app/chat'
import { clusterFaults } from '../clusters.ts'
import type { Reconciliation } from '../reconciliation.ts'

/** Resources of other operators are not watched: they are asked for as often as this. */
const RETRY_MS = 10_000

/** Sees whether the clusters that the ChatApp names are ready. Its Secrets are watched, and need no question. */
export async function checkDependencies(run: Reconciliation, model: Model): Promise<void> {
  if (model.clusters.length === 0 || model.hibernated) return
  const { client, kinds } = run.operator
  run.clusterFaults = await clusterFaults(model, client, await kinds())
  if (run.clusterFaults.length > 0) run.againMs.push(RETRY_MS)
}
