import { Quantity, type Volume, type VolumeMount } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { type Labels, restrictedContainer, restrictedPodWithVolumes } from '@chat-app/chat/constructs'

/** Labels of a part of the platform that we run ourselves. */
export function platformLabels(name: string): Labels {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'chat-app' }
}

/** What a pod of ours has: no token, and what Pod Security `restricted` asks for. It can write to its volumes. */
export const podSecurity = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: restrictedPodWithVolumes,
} as const

export const containerSecurity = restrictedContainer

export const tmpVolume: Volume = { name: 'tmp', emptyDir: { sizeLimit: Quantity.fromString('256Mi') } }
export const tmpMount: VolumeMount = { name: 'tmp', mountPath: '/tmp' }

/** The claim of a StatefulSet's volume `data`, of the cluster's default class. */
export function dataClaim(storage: string | undefined) {
  if (storage === undefined) return {}
  const resources = { requests: { storage: Quantity.fromString(storage) } }
  return { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources } }] }
}

/** The volume `data` of a pod without a claim: it lives as long as the pod, through restarts of its container. */
export function dataVolume(storage: string | undefined): Volume[] {
  return storage === undefined ? [{ name: 'data', emptyDir: { sizeLimit: Quantity.fromString('1Gi') } }] : []
}
