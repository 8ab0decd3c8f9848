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

/** The scheduler waits for volumes to be bound. */
const schedulingMs = 5000
/** Reasons that a pod passes through on its way up. */
const ordinary = new Set(['ContainerCreating', 'PodInitializing', undefined])

/** What keeps a pod from running. */
export interface Trouble {
  readonly pod: string
  /** Such as `ImagePullBackOff`. */
  readonly reason: string
  readonly message: string
}

const maxMessageLength = 300
const maxLines = 5

/** Empty while all goes well. */
export async function podTroubles(kubectl: Kubectl, namespace: string): Promise<Trouble[]> {
  const { items } = JSON.parse(await kubectl(['get', 'pods', '-n', namespace, '-o', 'json'])) as { items: Pod[] }
  return items.flatMap((pod) => {
    const found = unscheduled(pod) ?? waiting(pod)
    return found ? [{ pod: pod.metadata.name, reason: found.reason ?? '', message: found.message ?? '' }] : []
  })
}

/** In a few words, the same as long as nothing changes: `2 pods cannot run (mariadb-0: ImagePullBackOff)`. */
export function inShort([first, ...others]: readonly Trouble[]): string {
  if (!first) return ''
  // A pull that failed is tried and put off by turns.
  const reason = first.reason === 'ErrImagePull' ? 'ImagePullBackOff' : first.reason
  const count = others.length === 0 ? '1 pod' : `${others.length + 1} pods`
  return `${count} cannot run (${first.pod}: ${reason})`
}

/** With what the cluster says, a line for each of the first pods. */
export function inFull(troubles: readonly Trouble[]): string[] {
  const shown = troubles.slice(0, maxLines)
  const lines = shown.map(({ pod, reason, message }) => `${pod}: ${reason}: ${message.slice(0, maxMessageLength)}`)
  return troubles.length > maxLines ? [...lines, `and ${troubles.length - maxLines} more`] : lines
}

function unscheduled({ status }: Pod): Condition | undefined {
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled')
  const sinceMs = Date.now() - Date.parse(scheduled?.lastTransitionTime ?? '')
  return scheduled?.status === 'False' && sinceMs > schedulingMs ? scheduled : undefined
}

function waiting({ status }: Pod): { readonly reason?: string; readonly message?: string } | undefined {
  const states = (status.containerStatuses ?? []).map(({ state }) => state?.waiting)
  return states.find((state) => state && !ordinary.has(state.reason))
}
