import { MAX_ASKED_PODS, MAX_CAUSE_CHARACTERS } from '../limits.ts'
import { at, fieldsOf, parseJson } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import type { AskPod } from './pod-access.ts'
import { isReady, isTerminating, newestFirst, phaseOf } from './pods.ts'

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

/** Asks all pods at the same time, at most 3 s each. A pod that does not answer is left out. */
export async function askHealth(pods: readonly KubeObject[], ask: AskPod): Promise<Health[]> {
  const answers = await Promise.all(pods.map((pod) => healthOf(pod, ask).catch(() => undefined)))
  return answers.filter((answer) => answer !== undefined)
}

async function healthOf(pod: KubeObject, ask: AskPod): Promise<Health> {
  const health = parseJson<unknown>(await ask(pod, HEALTH_PATH))
  const down: Record<string, string> = {}
  for (const [component, state] of Object.entries(fieldsOf(at(health, 'components')))) {
    if (at<string>(state, 'status') !== 'DOWN') continue
    const error = at<unknown>(state, 'details', 'error')
    down[component] = typeof error === 'string' ? error.slice(0, MAX_CAUSE_CHARACTERS) : 'it is down'
  }
  return { pod: pod.metadata.name, down }
}
