import { isComplete } from '../../observe/migration.ts'
import type { Observed } from '../../observe/observed.ts'
import { componentOf, isReady } from '../../observe/pods.ts'
import type { State } from '../verdict.ts'

/** Whether the database answers the pods: a ready pod is connected, an unready one reports why it is not. */
export function databaseReachable({ health, pods, job }: Observed): State {
  const unreachable = health.find(({ down }) => 'db' in down)
  if (unreachable !== undefined) {
    const message = `pod ${unreachable.pod}: ${unreachable.down['db'] ?? ''}`
    return { status: 'False', reason: 'DatabaseUnreachable', message }
  }
  const witness = pods.find((pod) => isReady(pod) && componentOf(pod) !== undefined)
  if (witness !== undefined) {
    return { status: 'True', reason: 'Reachable', message: 'the ready pods have a connection' }
  }
  if (isComplete(job)) return { status: 'True', reason: 'Reachable', message: 'the migration has connected to it' }
  return { status: 'Unknown', reason: 'NotAsked', message: 'no running pod has connected to it' }
}
