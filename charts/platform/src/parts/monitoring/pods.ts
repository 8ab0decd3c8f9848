import type { Chart } from 'cdk8s'
import { IntOrString, KubePodDisruptionBudget } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { nonRootPod } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'

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

/** Lets one pod be evicted at a time. */
export function disruptionBudget(
  chart: Chart,
  { name, namespace, labels }: { name: string; namespace: string; labels: Readonly<Record<string, string>> },
): void {
  new KubePodDisruptionBudget(chart, `pdb-${name}`, {
    metadata: { name, namespace, labels: platformLabels(name) },
    spec: { maxUnavailable: IntOrString.fromNumber(1), selector: { matchLabels: labels } },
  })
}
