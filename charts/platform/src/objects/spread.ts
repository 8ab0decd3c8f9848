import type { Labels } from '@chat-app/chat/constructs'

const ZONE = 'topology.kubernetes.io/zone'

/** Prefers different zones for the pods with these labels, and never leaves a pod unscheduled for it. */
export function acrossZones(matchLabels: Labels) {
  return [{ maxSkew: 1, topologyKey: ZONE, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels } }]
}
