import type { Chart } from 'cdk8s'
import { IntOrString, KubePodDisruptionBudget } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { nonRootPod } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'

/** What their operator labels the pods of an instance with. */
export function podLabels(kind: 'prometheus' | 'alertmanager', name: string) {
  return { 'app.kubernetes.io/name': kind, 'app.kubernetes.io/instance': name }
}

/** `restricted`, with the user of the original deployment. */
export const podSecurityContext = { ...nonRootPod, runAsUser: 1000, fsGroup: 2000 }

/** Never two on one node: what kills the node must not end the watch over it. */
export function apart(labels: Readonly<Record<string, string>>) {
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } }
  return { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } }
}

/** The claim of each pod's volume. */
export function claimTemplate(storage: string, storageClassName?: string) {
  return {
    volumeClaimTemplate: {
      spec: {
        ...(storageClassName !== undefined && { storageClassName }),
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage } },
      },
    },
  }
}

/** Nodes are emptied one after the other. */
export function disruptionBudget(
  chart: Chart,
  { name, namespace, labels }: { name: string; namespace: string; labels: Readonly<Record<string, string>> },
): void {
  new KubePodDisruptionBudget(chart, `pdb-${name}`, {
    metadata: { name, namespace, labels: platformLabels(name) },
    spec: { maxUnavailable: IntOrString.fromNumber(1), selector: { matchLabels: labels } },
  })
}
