import type { Labels } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'

/** The label by which Prometheus selects monitors and rules. */
export const selected = { app: 'chat-app' } as const

/** Labels of a monitor, a rule or a dashboard of the platform. */
export function monitoringLabels(name: string): Labels {
  return { ...platformLabels(name), ...selected }
}
