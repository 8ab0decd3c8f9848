import type { Observed } from '../../observe/observed.ts'
import type { Verdict } from '../verdict.ts'
import { serviceAvailable } from './service-available.ts'

export function apiAvailable(observed: Observed): Verdict {
  return serviceAvailable('ApiAvailable', 'api', observed)
}
