import { MAX_METRICS_CHARACTERS, MAX_PODS_ASKED, POD_SECONDS, PODS_AT_ONCE } from '../limits.ts'
import { reasonOf, type Cluster } from './cluster.ts'
import type { Pod } from './objects.ts'

/** The metrics of pods by their names, and why some could not be read. */
export interface PodMetrics {
  readonly texts: ReadonlyMap<string, string>
  readonly unread: readonly string[]
}

/** Asks pods for their metrics, through the API server. Needs `get` on `pods/proxy`. */
export async function readPodMetrics(cluster: Cluster, pods: readonly Pod[]): Promise<PodMetrics> {
  const texts = new Map<string, string>()
  const reasons = new Map<string, string[]>()
  const waiting = pods.slice(0, MAX_PODS_ASKED)
  const worker = async (): Promise<void> => {
    for (let pod = waiting.shift(); pod !== undefined; pod = waiting.shift()) {
      const answer = await metricsOf(cluster, pod)
      if ('text' in answer) texts.set(pod.metadata.name, answer.text)
      else reasons.set(answer.reason, [...(reasons.get(answer.reason) ?? []), pod.metadata.name])
    }
  }
  await Promise.all(Array.from({ length: PODS_AT_ONCE }, worker))
  const left = pods.length - MAX_PODS_ASKED
  const unread = [...reasons].map(([reason, names]) => `metrics of pods ${names.toSorted().join(', ')}: ${reason}`)
  return { texts, unread: left > 0 ? [...unread, `metrics of ${left} more pods: ${MAX_PODS_ASKED} are asked`] : unread }
}

type Answer = { readonly text: string } | { readonly reason: string }

async function metricsOf({ results }: Cluster, { metadata: { name, namespace }, spec }: Pod): Promise<Answer> {
  const port = spec.containers.flatMap(({ ports = [] }) => ports).find((each) => each.name === 'metrics')
  if (port === undefined) return { reason: 'it has no port with the name "metrics"' }
  const path = `/api/v1/namespaces/${namespace}/pods/${name}:${port.containerPort}/proxy/metrics`
  const run = { maxCharacters: MAX_METRICS_CHARACTERS, timeoutMs: 2 * POD_SECONDS * 1000 }
  const asked = results(['get', '--raw', path, '--request-timeout', `${POD_SECONDS}s`], run)
  const result = await asked.catch((error: unknown) => ({ code: 1, out: '', err: (error as Error).message }))
  return result.code === 0 ? { text: result.out } : { reason: reasonOf(result) }
}

/** The value of a metric without labels, or the sum over its labels; undefined where it is missing. */
export function metric(text: string | undefined, name: string): number | undefined {
  const lines = (text ?? '').split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
  const values = lines.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
}
