import type { Labels } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'

/** What the documented Prometheus selects its monitors and rules by. */
export const selected = { app: 'chat-app' } as const

/** Labels of a monitor, a rule or a dashboard of the platform. */
export function monitoringLabels(name: string): Labels {
  return { ...platformLabels(name), ...selected }
}
