import type { Observed, Verdict } from '../../observe/observed.ts'
import { serviceAvailable } from './service-available.ts'

export function websocketAvailable(observed: Observed): Verdict {
  return serviceAvailable('WebSocketAvailable', 'websocket', observed)
}
