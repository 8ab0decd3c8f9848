import { apiAvailable } from './api-available.ts'
import { clustersReady } from './clusters-ready.ts'
import { databaseReachable } from './database-reachable.ts'
import { migrated } from './migrated.ts'
import type { Observed, Verdict } from '../../observe/observed.ts'
import { secretsAvailable } from './secrets-available.ts'
import { websocketAvailable } from './websocket-available.ts'

const conditions = [secretsAvailable, clustersReady, databaseReachable, migrated, apiAvailable, websocketAvailable]

/** One verdict for each dependency and stage, in the order in which they come. */
export function verdictsOf(observed: Observed): Verdict[] {
  return conditions.flatMap((condition) => condition(observed) ?? [])
}
