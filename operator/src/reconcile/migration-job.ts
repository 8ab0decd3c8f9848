import type { World } from '../cache/world.ts'
import { componentOf } from '../observe/pods.ts'
import type { KubeObject } from '../runtime/types.ts'

/** Whether an object is the Job of a migration, and not of a proof. */
export function isMigration(object: KubeObject): boolean {
  return object.kind === 'Job' && componentOf(object) !== 'prove'
}

/** The live migration Job of the desired release. */
export function migrationJobOf(desired: readonly KubeObject[], world: World): KubeObject | undefined {
  const job = desired.find(isMigration)
  return job && world.store('Job').get(job.metadata.namespace ?? '', job.metadata.name)
}
