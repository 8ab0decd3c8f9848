import { CHAT_COMPONENTS } from '@chat-app/chat'
import type { Observed } from '../../observe/observed.ts'
import type { State } from '../verdict.ts'
import { serviceAvailable } from './service-available.ts'

/** Whether people can chat: both services have ready pods, whatever their release. */
export function available(observed: Observed): State {
  const states = CHAT_COMPONENTS.map((component) => serviceAvailable(component)(observed))
  const missing = states.find((state) => state?.status !== 'True')
  if (missing !== undefined) return missing
  const names = CHAT_COMPONENTS.map((component) => observed.model.services[component].name)
  return { status: 'True', reason: 'Available', message: `${names.join(' and ')} have ready pods` }
}
