import type { Observed } from '../observe/observed.ts'
import { available } from './conditions/available.ts'
import { apiAvailable } from './conditions/api-available.ts'
import { clustersReady } from './conditions/clusters-ready.ts'
import { databaseReachable } from './conditions/database-reachable.ts'
import { migrated } from './conditions/migrated.ts'
import { scalingActive } from './conditions/scaling-active.ts'
import { secretsAvailable } from './conditions/secrets-available.ts'
import { updateAvailable } from './conditions/update-available.ts'
import { websocketAvailable } from './conditions/websocket-available.ts'
import type { Verdict } from './verdict.ts'

const CONDITIONS = [
  available,
  secretsAvailable,
  clustersReady,
  databaseReachable,
  migrated,
  apiAvailable,
  websocketAvailable,
  scalingActive,
  updateAvailable,
]

/** One verdict for each dependency and stage, in the order in which a release passes them. */
export function verdictsOf(observed: Observed): Verdict[] {
  return CONDITIONS.flatMap((condition) => condition(observed) ?? [])
}
