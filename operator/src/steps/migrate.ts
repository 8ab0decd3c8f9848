import type { Model } from '@chat-app/chat'
import { isNotFound } from '../kube/errors.ts'
import { controllerOf, type KubeObject } from '../kube/types.ts'
import { isFailed } from '../migration.ts'
import { conditionOf, isLeaving } from '../pods.ts'
import type { Reconciliation } from '../reconciliation.ts'

/** A failed migration is tried again after 10 s, 20 s, ... at most 5 minutes. */
const RETRY_MS = { base: 10_000, max: 300_000 }

/** Deletes a migration Job that has given up, after a time that grows; its successor is rendered under the same name. */
export async function retryMigration(run: Reconciliation, model: Model): Promise<void> {
  const { operator, chatApp } = run
  const failed = failedJobOf(run)
  if (failed === undefined || model.paused || model.hibernated) return
  const waitMs = timeLeftMs(failed, run)
  if (waitMs > 0) {
    run.againMs.push(waitMs)
    return
  }
  await operator.client.delete(failed).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
  operator.world.store('Job').remove(failed)
  operator.onWrites(chatApp, [{ type: 'delete', live: failed, because: 'it failed and is tried again' }])
}

function failedJobOf({ operator, chatApp }: Reconciliation): KubeObject | undefined {
  return operator.world
    .children(chatApp)
    .find(
      (object) =>
        object.kind === 'Job' &&
        isFailed(object) &&
        !isLeaving(object) &&
        controllerOf(object)?.uid === chatApp.metadata.uid,
    )
}

/** Time until a failed Job is made anew. */
function timeLeftMs(job: KubeObject, { operator: { memory, now }, chatApp }: Reconciliation): number {
  const uid = job.metadata.uid ?? ''
  const former = memory.failedRuns.get(chatApp.metadata.uid)
  const count = former?.job === uid ? former.count : (former?.count ?? 0) + 1
  memory.failedRuns.set(chatApp.metadata.uid, { job: uid, count })
  const delayMs = Math.min(RETRY_MS.max, RETRY_MS.base * 2 ** (count - 1))
  const failedAt = Date.parse(conditionOf(job, 'Failed')?.lastTransitionTime ?? '')
  return Number.isNaN(failedAt) ? delayMs : Math.max(0, failedAt + delayMs - now().getTime())
}
