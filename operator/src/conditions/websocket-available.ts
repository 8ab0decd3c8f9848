import type { Observed, Verdict } from './observed.ts'
import { serviceAvailable } from './service-available.ts'

export function websocketAvailable(observed: Observed): Verdict {
  return serviceAvailable('WebSocketAvailable', 'websocket', observed)
}
