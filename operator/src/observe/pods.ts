import { LOST_POD_MS, MAX_NAMED_PODS } from '../limits.ts'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { conditionOf, isTrue } from './object-conditions.ts'

interface State {
  waiting?: { reason?: string; message?: string }
  running?: { startedAt?: string }
  terminated?: { exitCode?: number; reason?: string; message?: string; finishedAt?: string }
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

/** When a pod that is being deleted counts as lost with its node, milliseconds since 1970; NaN for another pod. */
export function lostAtMs({ metadata }: KubeObject): number {
  return Date.parse(metadata.deletionTimestamp ?? '') + LOST_POD_MS
}

export function isReady(pod: KubeObject): boolean {
  return isTrue(pod, 'Ready')
}

/** Statuses of the init containers and then of the containers. */
export function containersOf(pod: KubeObject): ContainerStatus[] {
  return [
    ...(at<ContainerStatus[]>(pod, 'status', 'initContainerStatuses') ?? []),
    ...(at<ContainerStatus[]>(pod, 'status', 'containerStatuses') ?? []),
  ]
}

/** How often a container has ended by itself. One that waits to start again has ended once more than it has restarted. */
export function endsOf({ restartCount = 0, state }: Omit<ContainerStatus, 'name'>): number {
  const isDown = (state?.terminated?.exitCode ?? 0) !== 0 || state?.waiting?.reason === 'CrashLoopBackOff'
  return restartCount + (isDown ? 1 : 0)
}

/**
 * When the running container of a pod that was never ready has started, in milliseconds; undefined for other pods. A pod
 * that was ready has lost its readiness after that time, and one that has crashed starts for another reason.
 */
export function startedAtMs(pod: KubeObject): number | undefined {
  const containers = containersOf(pod)
  if (isReady(pod) || containers.some(({ restartCount = 0 }) => restartCount > 0)) return undefined
  const atMs = Math.max(...containers.map(({ state }) => Date.parse(state?.running?.startedAt ?? '') || 0))
  return Date.parse(conditionOf(pod, 'Ready')?.lastTransitionTime ?? '') <= atMs ? atMs : undefined
}

/** `pod a` or `pods a, b, c and 2 more`. */
export function namesOf(pods: readonly KubeObject[]): string {
  const names = pods.slice(0, MAX_NAMED_PODS).map(({ metadata }) => metadata.name)
  const more = pods.length - names.length
  return `${pods.length === 1 ? 'pod' : 'pods'} ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Sorted by creation, the newest first. */
export function newestFirst(pods: readonly KubeObject[]): KubeObject[] {
  return [...pods].sort((a, b) => (created(a) < created(b) ? 1 : created(a) > created(b) ? -1 : 0))
}

function created(pod: KubeObject): string {
  return pod.metadata.creationTimestamp ?? ''
}

/** The ports where a pod may tell its health, the most telling one first. A webhook may have added containers before the service's. */
export function healthPorts(pod: KubeObject): number[] {
  const containers = at<{ ports?: { name?: string; containerPort: number }[] }[]>(pod, 'spec', 'containers') ?? []
  const ports = containers.flatMap((container) => container.ports ?? [])
  const found = ['metrics', 'http'].flatMap((port) => ports.find(({ name }) => name === port) ?? [])
  return (found.length > 0 ? found : ports.slice(0, 1)).map(({ containerPort }) => containerPort)
}
