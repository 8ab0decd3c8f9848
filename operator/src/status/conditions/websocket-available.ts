import type { Observed } from '../../observe/observed.ts'
import type { Verdict } from '../verdict.ts'
import { serviceAvailable } from './service-available.ts'

export function websocketAvailable(observed: Observed): Verdict {
  return serviceAvailable('WebSocketAvailable', 'websocket', observed)
}
