import type { KubernetesObject } from '@chat-app/chat'
import { inFull, inShort, podTroubles, reportChanges, type Trouble, type Kubectl } from '@chat-app/kubectl'
import { jobComplete, JobFailed, type WaitFor } from './job.ts'
import { POLL_MS } from './limits.ts'
import { namespaceFlag, resourceOf, title } from './names.ts'

type Say = (text: string) => void

const ROLLOUT = ['rollout', 'status']
/** Waits for one of two conditions, as the Job may also fail. */
const JOB = ['wait']

/**
 * Arguments of kubectl that wait until an object of a kind is ready. Kinds that are not here have no such status, or
 * are ready at once.
 */
const waits: Readonly<Record<string, readonly string[]>> = {
  Deployment: ROLLOUT,
  StatefulSet: ROLLOUT,
  DaemonSet: ROLLOUT,
  Job: JOB,
  PerconaXtraDBCluster: ['wait', '--for=jsonpath={.status.state}=ready'],
  RedisCluster: ['wait', '--for=jsonpath={.status.state}=Ready'],
  Tenant: ['wait', '--for=jsonpath={.status.healthStatus}=green'],
  RabbitmqCluster: ['wait', '--for=condition=AllReplicasReady'],
  Prometheus: ['wait', '--for=condition=Available'],
  Alertmanager: ['wait', '--for=condition=Available'],
  Elasticsearch: ['wait', '--for=jsonpath={.status.health}=green'],
  Kibana: ['wait', '--for=jsonpath={.status.health}=green'],
  ExternalSecret: ['wait', '--for=condition=Ready'],
  Certificate: ['wait', '--for=condition=Ready'],
  ChatApp: ['wait', '--for=condition=Ready'],
}

/**
 * Kinds that are waited for by a status field, which may belong to the object before the change: `kubectl wait`
 * compares generations for conditions only. Their `status.observedGeneration` is waited for first.
 */
const OBSERVING = new Set(['PerconaXtraDBCluster', 'Elasticsearch', 'Kibana'])

/**
 * Kinds whose status has no generation: their StatefulSets, which have one, must be rolled out too. Until the operator
 * has seen a change, and has not changed these either, the object wrongly counts as ready.
 */
const BY_STATEFUL_SETS = new Set(['RedisCluster', 'Tenant'])

/** Objects that did not become ready in time, or that cannot any more, with the reasons in the cluster. */
export class NotReady extends Error {
  override readonly name = 'NotReady'
  readonly titles: readonly string[]

  constructor(titles: readonly string[], seconds: number, reasons: readonly string[]) {
    super([`not ready after ${seconds} s: ${titles.join(', ')}`, ...reasons.map((line) => `  ${line}`)].join('\n'))
    this.titles = titles
  }
}

/**
 * Waits until all objects are ready, at most for `seconds`, or until a Job has failed. Whenever it changes, it prints
 * which objects are not ready, the reason of the ChatApp, and which pods cannot run.
 *
 * @throws NotReady
 */
export async function allReady(
  kubectl: Kubectl,
  objects: readonly KubernetesObject[],
  seconds: number,
  say: Say,
): Promise<void> {
  const waited = objects.filter(({ kind }) => kind in waits)
  if (waited.length === 0) return
  const startedAt = Date.now()
  const missing = new Set(waited)
  const failures: string[] = []
  const stop = new AbortController()
  const every = waited.map(async (object) => {
    try {
      await ready(kubectl, object, seconds, stop.signal)
      missing.delete(object)
    } catch (error) {
      const { message } = error as Error
      // A wait that ended before its timeout has a reason.
      if (!stop.signal.aborted && !message.includes('timed out')) failures.push(`${title(object)}: ${message}`)
      if (error instanceof JobFailed) stop.abort()
    }
  })
  const look = async (): Promise<string> => {
    const reasons = [...(await chatAppReasons(kubectl, missing)), inShort(await troubles(kubectl, waited))]
    return [`waiting for ${[...missing].map(title).join(', ')}`, ...reasons].filter(Boolean).join('; ')
  }
  await reportChanges(Promise.all(every), look, say, POLL_MS)
  if (missing.size === 0) return
  const found = await troubles(kubectl, waited).catch(() => [])
  const reasons = await chatAppReasons(kubectl, missing).catch(() => [])
  const waitedSeconds = Math.round((Date.now() - startedAt) / 1000)
  throw new NotReady([...missing].map(title), waitedSeconds, [...failures, ...reasons, ...inFull(found)])
}

async function ready(kubectl: Kubectl, object: KubernetesObject, seconds: number, signal: AbortSignal): Promise<void> {
  const own = resourceOf(object)
  const startedAt = Date.now()
  const until = async (args: readonly string[], resource = own, over = signal): Promise<void> => {
    const left = Math.max(1, seconds - Math.floor((Date.now() - startedAt) / 1000))
    const target = [resource, ...namespaceFlag(object), `--timeout=${left}s`]
    await kubectl([...args, ...target], { timeoutMs: (left + 10) * 1000, signal: over })
  }
  if (object.kind === 'Job') {
    const waitFor: WaitFor = (condition, over) => until([...JOB, `--for=condition=${condition}`], own, over)
    return jobComplete(kubectl, object, waitFor, signal)
  }
  if (OBSERVING.has(object.kind)) {
    const generation = await kubectl(['get', own, ...namespaceFlag(object), '-o', 'jsonpath={.metadata.generation}'])
    await until(['wait', `--for=jsonpath={.status.observedGeneration}=${generation}`])
  }
  const says = waits[object.kind] ?? []
  await until(says)
  if (!BY_STATEFUL_SETS.has(object.kind)) return
  for (const resource of await statefulSetsOf(kubectl, object)) await until(ROLLOUT, resource)
  await until(says)
}

/** `statefulset/NAME` of each StatefulSet that the object owns. */
async function statefulSetsOf(kubectl: Kubectl, { kind, metadata }: KubernetesObject): Promise<string[]> {
  const { namespace = '', name } = metadata
  const text = await kubectl(['get', 'statefulsets', '--namespace', namespace, '-o', 'json'])
  const { items } = JSON.parse(text) as { items: readonly Owned[] }
  const owned = items.filter(({ metadata: { ownerReferences = [] } }) =>
    ownerReferences.some((owner) => owner.kind === kind && owner.name === name),
  )
  return owned.map((statefulSet) => `statefulset/${statefulSet.metadata.name}`)
}

interface Owned {
  readonly metadata: {
    readonly name: string
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[]
  }
}

async function chatAppReasons(kubectl: Kubectl, objects: Iterable<KubernetesObject>): Promise<string[]> {
  const path = `jsonpath={range .status.conditions[?(@.type=='Ready')]}{.reason}: {.message}{end}`
  const chatApps = [...objects].filter(({ kind }) => kind === 'ChatApp')
  return Promise.all(
    chatApps.map((object) => kubectl(['get', resourceOf(object), ...namespaceFlag(object), '-o', path])),
  )
}

async function troubles(kubectl: Kubectl, objects: readonly KubernetesObject[]): Promise<Trouble[]> {
  const namespaces = new Set(objects.flatMap(({ metadata: { namespace } }) => namespace ?? []))
  return (await Promise.all([...namespaces].map((namespace) => podTroubles(kubectl, namespace)))).flat()
}
