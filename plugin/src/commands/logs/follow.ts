import { setTimeout as sleep } from 'node:timers/promises'
import { reasonOf, type Cluster } from '../../cluster/cluster.ts'
import type { Pod } from '../../cluster/objects.ts'
import { LOG_ORDER_MS, MAX_LOG_PODS, NEW_PODS_MS } from '../../limits.ts'
import { byTime, errorIn, isAfter, parseLine, type LogLine } from './line.ts'
import { loggingPods } from './pods.ts'

export interface FollowOptions {
  readonly namespace: string
  readonly selector: string
  /** Arguments of `kubectl logs` for what was written before. */
  readonly range: readonly string[]
  readonly onLine: (line: LogLine) => void
  readonly onNote: (text: string) => void
  readonly signal?: AbortSignal
}

/**
 * Follows the logs of all pods, also of those that come later, as in a rollout: `kubectl logs --follow` alone follows the
 * pods that it has found at its start. Ends by the signal.
 */
export async function follow(cluster: Cluster, options: FollowOptions): Promise<void> {
  const { namespace, selector, range, onLine, signal } = options
  const order = inOrder(onLine)
  const onNote = once(options.onNote)
  signal?.addEventListener('abort', order.flush)
  const open = new Set<string>()
  /** The time of the last line of each pod that was followed. */
  const last = new Map<string, string>()
  const isOver = (): boolean => signal?.aborted === true
  let isFirst = true
  while (!isOver()) {
    const pods = await loggingPods(cluster, namespace, selector).catch((error: unknown) => {
      onNote((error as Error).message)
      return []
    })
    for (const pod of pods) if (isWanted(pod)) void followPod(pod.metadata.name, isFirst ? range : ALL)
    const present = new Set(pods.map(({ metadata }) => metadata.name))
    for (const name of last.keys()) if (!present.has(name) && !open.has(name)) last.delete(name)
    if (pods.length > MAX_LOG_PODS)
      onNote(`${MAX_LOG_PODS} of ${pods.length} pods are followed: choose by --api, --websocket and the like`)
    isFirst = false
    await sleep(NEW_PODS_MS, undefined, { ...(signal && { signal }) }).catch(() => {})
  }
  order.flush()

  /** Of a container that is restarted, `kubectl logs` ends; a pod that has ended writes nothing more. */
  function isWanted({ metadata: { name }, status }: Pod): boolean {
    return !open.has(name) && open.size < MAX_LOG_PODS && (!last.has(name) || status?.phase === 'Running')
  }

  async function followPod(pod: string, begin: readonly string[]): Promise<void> {
    const before = last.get(pod)
    open.add(pod)
    last.set(pod, before ?? '')
    const onText = (text: string): void => {
      const line = parseLine(text)
      const error = errorIn(text)
      if (line === undefined && error !== undefined) onNote(error)
      // A time in the arguments has whole seconds.
      if (line === undefined || (before !== undefined && !isAfter(line.time, before))) return
      last.set(pod, line.time)
      order.add(line)
    }
    const from = before === undefined || before === '' ? begin : ['--since-time', before]
    const run = { onLine: onText, isStreamed: true, timeoutMs: 0, ...(signal && { signal }) }
    await cluster
      .results(['logs', `pod/${pod}`, '--namespace', namespace, '--follow', ...LINES, ...from], run)
      .then((result) => result.code === 0 || onNote(reasonOf(result)))
      .catch((error: unknown) => isOver() || onNote((error as Error).message))
    open.delete(pod)
  }
}

/** Of a pod that comes later everything is new. */
const ALL = ['--tail', '-1']
export const LINES = ['--all-containers', '--prefix', '--timestamps', '--ignore-errors'] as const

/** Passes lines on in the order of their times, each one after it has waited for those of other pods. */
function inOrder(onLine: (line: LogLine) => void) {
  let waiting: LogLine[] = []
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    timer = undefined
    const lines = waiting.toSorted(byTime)
    waiting = []
    for (const line of lines) onLine(line)
  }
  return {
    flush,
    add: (line: LogLine): void => {
      waiting.push(line)
      timer ??= setTimeout(flush, LOG_ORDER_MS)
    },
  }
}

/** The most notes that are remembered. */
const MAX_NOTES = 1000

/** Passes each note on once: what cannot be read is tried again every few seconds. */
function once(onNote: (text: string) => void): (text: string) => void {
  const noted = new Set<string>()
  return (text) => {
    if (noted.has(text)) return
    if (noted.size >= MAX_NOTES) noted.clear()
    noted.add(text)
    onNote(text)
  }
}
