import type { Kubectl } from './kubectl.ts'

interface Pod {
  readonly metadata: { readonly name: string }
  readonly status: { readonly containerStatuses?: readonly Container[]; readonly conditions?: readonly Condition[] }
}

interface Container {
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

/** A pod may be unschedulable for this long: the scheduler waits until its volumes are bound. */
const SCHEDULING_MS = 5000
/** Reasons of a waiting container that every pod has while it starts. */
const STARTING_REASONS = new Set(['ContainerCreating', 'PodInitializing', undefined])

/** Why a pod cannot run. */
export interface Trouble {
  readonly pod: string
  /** The reason in the status of the pod, such as `ImagePullBackOff`. */
  readonly reason: string
  /** The message beside the reason; empty when the status has none. */
  readonly message: string
}

const MAX_MESSAGE_CHARACTERS = 300
const MAX_LINES = 5

/**
 * The pods of a namespace that cannot run. Pods that are starting are not among them.
 *
 * @throws KubectlError when the pods cannot be listed
 */
export async function podTroubles(kubectl: Kubectl, namespace: string): Promise<Trouble[]> {
  const { items } = JSON.parse(await kubectl(['get', 'pods', '-n', namespace, '-o', 'json'])) as { items: Pod[] }
  return items.flatMap((pod) => {
    const found = unscheduled(pod) ?? waiting(pod)
    return found ? [{ pod: pod.metadata.name, reason: found.reason ?? '', message: found.message ?? '' }] : []
  })
}

/** One line for progress, such as `2 pods cannot run (mariadb-0: ImagePullBackOff)`; empty when there are no troubles. */
export function inShort([first, ...others]: readonly Trouble[]): string {
  if (!first) return ''
  // A failing pull alternates between the two reasons; the line must not change with them.
  const reason = first.reason === 'ErrImagePull' ? 'ImagePullBackOff' : first.reason
  const count = others.length === 0 ? '1 pod' : `${others.length + 1} pods`
  return `${count} cannot run (${first.pod}: ${reason})`
}

/** A line with the reason and the message for each of the first five pods, and the number of the others. */
export function inFull(troubles: readonly Trouble[]): string[] {
  const shown = troubles.slice(0, MAX_LINES)
  const lines = shown.map(
    ({ pod, reason, message }) => `${pod}: ${reason}: ${message.slice(0, MAX_MESSAGE_CHARACTERS)}`,
  )
  return troubles.length > MAX_LINES ? [...lines, `and ${troubles.length - MAX_LINES} more`] : lines
}

function unscheduled({ status }: Pod): Condition | undefined {
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled')
  const sinceMs = Date.now() - Date.parse(scheduled?.lastTransitionTime ?? '')
  return scheduled?.status === 'False' && sinceMs > SCHEDULING_MS ? scheduled : undefined
}

function waiting({ status }: Pod): { readonly reason?: string; readonly message?: string } | undefined {
  const states = (status.containerStatuses ?? []).map(({ state }) => state?.waiting)
  return states.find((state) => state && !STARTING_REASONS.has(state.reason))
}
