import type { Observed } from '../../observe/observed.ts'
import type { State } from '../verdict.ts'

/** Whether the database and Redis clusters that the ChatApp names are ready; undefined when it needs none. */
export function clustersReady({ model, clusterFaults }: Observed): State | undefined {
  if (model.clusters.length === 0 || model.hibernated) return undefined
  const [first] = clusterFaults
  if (first !== undefined) {
    // The first cause that a person has to remove.
    const { reason } = clusterFaults.find((fault) => fault.reason === 'RefNotPermitted') ?? first
    return { status: 'False', reason, message: clusterFaults.map(({ message }) => message).join('; ') }
  }
  const names = model.clusters.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`)
  return { status: 'True', reason: 'Ready', message: `${names.join(', ')}: ready` }
}
