import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'

interface State {
  waiting?: { reason?: string; message?: string }
  running?: object
  terminated?: { exitCode?: number; reason?: string; message?: string }
}

/** The status of one container, as far as it is read. */
export interface ContainerStatus {
  readonly name: string
  readonly image?: string
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: State
  readonly lastState?: State
}

/** What is kept of a pod: its metadata, images, ports and status. The rest would be most of the operator's memory. */
export function slimPod(pod: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, labels, ownerReferences } =
    pod.metadata
  const metadata = {
    namespace,
    uid,
    resourceVersion,
    creationTimestamp,
    deletionTimestamp,
    labels,
    ownerReferences,
  }
  const containers = at<KubeObject[]>(pod, 'spec', 'containers') ?? []
  return {
    apiVersion: pod.apiVersion,
    kind: pod.kind,
    metadata: { name, ...Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)) },
    spec: {
      containers: containers.map((each) => ({ name: each['name'], image: each['image'], ports: each['ports'] })),
    },
    status: pod['status'],
  }
}

export function componentOf(pod: KubeObject): string | undefined {
  return pod.metadata.labels?.['app.kubernetes.io/component']
}

export function phaseOf(pod: KubeObject): string {
  return at<string>(pod, 'status', 'phase') ?? 'Pending'
}

export function isLeaving(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined
}

export function isReady(pod: KubeObject): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True'
}

/** Statuses of the init containers and the containers, in the order in which they run. */
export function containersOf(pod: KubeObject): ContainerStatus[] {
  return [
    ...(at<ContainerStatus[]>(pod, 'status', 'initContainerStatuses') ?? []),
    ...(at<ContainerStatus[]>(pod, 'status', 'containerStatuses') ?? []),
  ]
}

export interface ObjectCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

/** A condition in an object's status, whatever its kind. */
export function conditionOf(object: KubeObject | undefined, type: string): ObjectCondition | undefined {
  return at<ObjectCondition[]>(object, 'status', 'conditions')?.find((condition) => condition.type === type)
}

/** The newest first. */
export function byAge(pods: readonly KubeObject[]): KubeObject[] {
  return [...pods].sort((a, b) => (created(a) < created(b) ? 1 : created(a) > created(b) ? -1 : 0))
}

function created(pod: KubeObject): string {
  return pod.metadata.creationTimestamp ?? ''
}

/** The port that the first container serves HTTP on. */
export function httpPort(pod: KubeObject): number | undefined {
  const ports = at<{ name?: string; containerPort: number }[]>(pod, 'spec', 'containers', 0, 'ports') ?? []
  return (ports.find(({ name }) => name === 'http') ?? ports[0])?.containerPort
}
