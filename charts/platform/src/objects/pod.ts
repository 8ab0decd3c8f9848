import { Quantity, type Container, type Volume, type VolumeMount } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { claimSpec } from './volume-claim.ts'
import { amounts, type Labels, restrictedContainer, restrictedPodWithVolumes } from '@chat-app/chat/constructs'

/** The labels of an object of the platform. */
export function platformLabels(name: string): Labels {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'chat-app' }
}

/**
 * The settings of a pod that the platform renders itself: no token, Pod Security `restricted`, and volumes that it can
 * write to.
 */
export const podSecurity = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: restrictedPodWithVolumes,
} as const

export const containerSecurity = restrictedContainer

interface Amounts {
  readonly cpu: string | number
  readonly memory: string | number
}

/** What every container of such a pod has: its image, resources and Pod Security `restricted`. */
export function ownContainer(
  image: string,
  { requests, limits }: { readonly requests: Amounts; readonly limits: Amounts },
) {
  return {
    image,
    imagePullPolicy: 'IfNotPresent',
    resources: { requests: amounts(requests), limits: amounts(limits) },
    securityContext: containerSecurity,
  } satisfies Partial<Container>
}

export const tmpVolume: Volume = { name: 'tmp', emptyDir: { sizeLimit: Quantity.fromString('256Mi') } }
export const tmpMount: VolumeMount = { name: 'tmp', mountPath: '/tmp' }

interface DataVolume {
  readonly storage?: string
  readonly storageClassName?: string
}

/** The volumeClaimTemplates of a StatefulSet: `data`. None without a size. */
export function dataClaim({ storage, storageClassName }: DataVolume) {
  if (storage === undefined) return {}
  const resources = { requests: { storage: Quantity.fromString(storage) } }
  const spec = { ...claimSpec(storage, storageClassName), resources }
  return { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec }] }
}

/** The volume `data` of a pod without a claim: an emptyDir, which is deleted with the pod. */
export function dataVolume(storage: string | undefined): Volume[] {
  return storage === undefined ? [{ name: 'data', emptyDir: { sizeLimit: Quantity.fromString('1Gi') } }] : []
}
