import type { Kubectl } from '../kubectl.ts'

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

/** What keeps pods of a namespace from running, one line each: `mariadb-0: ImagePullBackOff: ...`; empty while all goes well. */
export async function podTroubles(kubectl: Kubectl, namespace: string): Promise<string[]> {
  const { items } = JSON.parse(await kubectl(['get', 'pods', '-n', namespace, '-o', 'json'])) as { items: Pod[] }
  return items.flatMap((pod) => {
    const reason = unscheduled(pod) ?? waiting(pod)
    return reason === undefined ? [] : [`${pod.metadata.name}: ${reason}`]
  })
}

function unscheduled({ status }: Pod): string | undefined {
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled')
  const sinceMs = Date.now() - Date.parse(scheduled?.lastTransitionTime ?? '')
  return scheduled?.status === 'False' && sinceMs > schedulingMs
    ? `${scheduled.reason}: ${scheduled.message}`
    : undefined
}

function waiting({ status }: Pod): string | undefined {
  const states = (status.containerStatuses ?? []).map(({ state }) => state?.waiting)
  const found = states.find((state) => state && !ordinary.has(state.reason))
  return found && `${found.reason}: ${found.message ?? ''}`
}
