import type { Observed } from '../observe/observed.ts'
import { available } from './conditions/available.ts'
import { clustersReady } from './conditions/clusters-ready.ts'
import { databaseReachable } from './conditions/database-reachable.ts'
import { migrated } from './conditions/migrated.ts'
import { scalingActive } from './conditions/scaling-active.ts'
import { secretsAvailable } from './conditions/secrets-available.ts'
import { serviceAvailable } from './conditions/service-available.ts'
import { updateAvailable } from './conditions/update-available.ts'
import type { State, Verdict } from './verdict.ts'

/** The conditions of dependencies and stages, in the order in which a release passes them. */
const CONDITIONS: Readonly<Record<string, (observed: Observed) => State | undefined>> = {
  Available: available,
  SecretsAvailable: secretsAvailable,
  ClustersReady: clustersReady,
  DatabaseReachable: databaseReachable,
  Migrated: migrated,
  ApiAvailable: serviceAvailable('api'),
  WebSocketAvailable: serviceAvailable('websocket'),
  WorkerAvailable: serviceAvailable('worker'),
  ScalingActive: scalingActive,
  UpdateAvailable: updateAvailable,
}

/** One verdict for each dependency and stage; none for what the ChatApp does not have. */
export function verdictsOf(observed: Observed): Verdict[] {
  return Object.entries(CONDITIONS).flatMap(([type, condition]) => {
    const state = condition(observed)
    return state === undefined ? [] : [{ type, ...state }]
  })
}
