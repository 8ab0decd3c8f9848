import type { Observed } from '../../observe/observed.ts'
import type { Verdict } from '../verdict.ts'

/** Whether the database and Redis clusters that the ChatApp names are ready; undefined when it names none. */
export function clustersReady({ model, clusterFaults }: Observed): Verdict | undefined {
  if (model.clusters.length === 0) return undefined
  const type = 'ClustersReady'
  if (clusterFaults.length > 0) {
    return { type, status: 'False', reason: 'WaitingForCluster', message: clusterFaults.join('; ') }
  }
  const names = model.clusters.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`)
  return { type, status: 'True', reason: 'Ready', message: `${names.join(', ')}: ready` }
}
