import { MAX_ASKED_PODS, STARTING_POD_MS } from '../limits.ts'
import { at, fieldsOf, parseJson } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import type { AskPod } from './pod-access.ts'
import { componentOf, healthPorts, isReady, isTerminating, newestFirst, phaseOf, startedAtMs } from './pods.ts'
import { shorten } from './text.ts'

const HEALTH_PATH = '/actuator/health'

/** The answer of a pod's health endpoint: the error of each component that is down, by the component's name. */
export interface Health {
  readonly pod: string
  readonly down: Readonly<Record<string, string>>
}

/** The newest pods that run and are not ready. Their status says only "HTTP 503"; their health endpoint has the cause. */
export function unreadyPods(pods: readonly KubeObject[]): KubeObject[] {
  return newestFirst(pods)
    .filter((pod) => phaseOf(pod) === 'Running' && !isReady(pod) && !isTerminating(pod))
    .slice(0, MAX_ASKED_PODS)
}

/** Pods of former releases have no health at their port of metrics, and those of a migration no such port. */
async function healthOf(pod: KubeObject, ask: AskPod): Promise<unknown> {
  const ports = healthPorts(pod)
  for (const port of ports) {
    try {
      return parseJson<unknown>(await ask(pod, port, HEALTH_PATH))
    } catch (error) {
      // One that does not answer at all would take as long again.
      if (port === ports.at(-1) || (error as Error).name === 'TimeoutError') throw error
    }
  }
  throw new Error(`pod ${pod.metadata.name} has no port`)
}

/** The answer of one pod: what is down, with its error. @throws Error when it does not answer in time */
export async function downOf(pod: KubeObject, ask: AskPod): Promise<Health['down']> {
  const health = await healthOf(pod, ask)
  const down: Record<string, string> = {}
  for (const [component, state] of Object.entries(fieldsOf(at(health, 'components')))) {
    if (at<string>(state, 'status') !== 'DOWN') continue
    const error = at<unknown>(state, 'details', 'error')
    down[component] = typeof error === 'string' ? shorten(error) : 'it is down'
  }
  return down
}

/** The answers that show an outage, and the time after which a starting pod's answer is one. */
export interface Outages {
  readonly health: readonly Health[]
  readonly recheckMs: number | undefined
}

/**
 * Leaves out what starting pods of a service report, since they open their connections: it is an outage once a pod that has
 * started reports the same, or after 15 s.
 */
export function outagesIn(answers: readonly Health[], pods: readonly KubeObject[], now: Date): Outages {
  const youthOf = ({ pod: name }: Health): number => {
    const pod = pods.find(({ metadata }) => metadata.name === name)
    const startedMs = pod === undefined || componentOf(pod) === 'migrate' ? undefined : startedAtMs(pod)
    return startedMs === undefined ? 0 : Math.max(0, startedMs + STARTING_POD_MS - now.getTime())
  }
  const youths = new Map(answers.map((answer) => [answer, youthOf(answer)]))
  const suffered = new Set(answers.filter((each) => youths.get(each) === 0).flatMap(({ down }) => Object.keys(down)))
  const isOutage = ([component]: readonly [string, string]): boolean => suffered.has(component)
  const delaysMs = answers
    .filter(({ down }) => !Object.entries(down).every(isOutage))
    .map((answer) => youths.get(answer) ?? 0)
  return {
    health: answers.map(({ pod, down }) => ({ pod, down: Object.fromEntries(Object.entries(down).filter(isOutage)) })),
    recheckMs: delaysMs.length === 0 ? undefined : Math.min(...delaysMs),
  }
}
