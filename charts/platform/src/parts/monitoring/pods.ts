import { nonRootPod } from '@chat-app/chat/constructs'
import { claimSpec } from '../../objects/volume-claim.ts'

/** The labels that the operator sets on the pods of an instance. */
export function podLabels(kind: 'prometheus' | 'alertmanager', name: string) {
  return { 'app.kubernetes.io/name': kind, 'app.kubernetes.io/instance': name }
}

/** Pod Security `restricted`, with the user of the original deployment. */
export const podSecurityContext = { ...nonRootPod, runAsUser: 1000, fsGroup: 2000 }

/** Schedules the pods on different nodes, so that monitoring survives the failure of a node. */
export function apart(labels: Readonly<Record<string, string>>) {
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } }
  return { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } }
}

/** The volume claim of each pod. */
export function claimTemplate(storage: string, storageClassName?: string) {
  return { volumeClaimTemplate: { spec: claimSpec(storage, storageClassName) } }
}
