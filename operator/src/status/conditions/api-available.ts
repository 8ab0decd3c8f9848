import type { Observed, Verdict } from '../../observe/observed.ts'
import { serviceAvailable } from './service-available.ts'

export function apiAvailable(observed: Observed): Verdict {
  return serviceAvailable('ApiAvailable', 'api', observed)
}
