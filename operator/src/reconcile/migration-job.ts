import type { World } from '../cache/world.ts'
import type { KubeObject } from '../runtime/types.ts'

/** The live migration Job of the desired release. */
export function migrationJobOf(desired: readonly KubeObject[], world: World): KubeObject | undefined {
  const job = desired.find(({ kind }) => kind === 'Job')
  return job && world.store('Job').get(job.metadata.namespace ?? '', job.metadata.name)
}
