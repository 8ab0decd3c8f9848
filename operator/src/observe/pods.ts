import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { conditionOf } from './object-conditions.ts'

interface State {
  waiting?: { reason?: string; message?: string }
  running?: object
  terminated?: { exitCode?: number; reason?: string; message?: string }
}

/** The fields of a container's status that the operator reads. */
export interface ContainerStatus {
  readonly name: string
  readonly image?: string
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: State
  readonly lastState?: State
}

export function componentOf(pod: KubeObject): string | undefined {
  return pod.metadata.labels?.['app.kubernetes.io/component']
}

export function phaseOf(pod: KubeObject): string {
  return at<string>(pod, 'status', 'phase') ?? 'Pending'
}

/** Whether the pod is being deleted. */
export function isTerminating(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined
}

export function isReady(pod: KubeObject): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True'
}

/** Statuses of the init containers and then of the containers. */
export function containersOf(pod: KubeObject): ContainerStatus[] {
  return [
    ...(at<ContainerStatus[]>(pod, 'status', 'initContainerStatuses') ?? []),
    ...(at<ContainerStatus[]>(pod, 'status', 'containerStatuses') ?? []),
  ]
}

/** Sorted by creation, the newest first. */
export function newestFirst(pods: readonly KubeObject[]): KubeObject[] {
  return [...pods].sort((a, b) => (created(a) < created(b) ? 1 : created(a) > created(b) ? -1 : 0))
}

function created(pod: KubeObject): string {
  return pod.metadata.creationTimestamp ?? ''
}

/** The port of the first container that is named `http`, else its first one. */
export function httpPort(pod: KubeObject): number | undefined {
  const ports = at<{ name?: string; containerPort: number }[]>(pod, 'spec', 'containers', 0, 'ports') ?? []
  return (ports.find(({ name }) => name === 'http') ?? ports[0])?.containerPort
}
