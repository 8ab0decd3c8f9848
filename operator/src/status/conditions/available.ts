import type { Observed } from '../../observe/observed.ts'
import { COMPONENTS } from '../../observe/rollout.ts'
import type { Verdict } from '../verdict.ts'
import { apiAvailable } from './api-available.ts'
import { websocketAvailable } from './websocket-available.ts'

/** Whether people can chat: both services have ready pods, whatever their release. */
export function available(observed: Observed): Verdict {
  const type = 'Available'
  const missing = [apiAvailable(observed), websocketAvailable(observed)].find(({ status }) => status !== 'True')
  if (missing !== undefined) return { ...missing, type }
  const names = COMPONENTS.map((component) => observed.model.services[component].name)
  return { type, status: 'True', reason: 'Available', message: `${names.join(' and ')} have ready pods` }
}
