import { request, type Dispatcher } from 'undici'
import type { Client } from '../runtime/client.ts'
import { at, fieldsOf, parseJson } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'
import { byAge, httpPort, isLeaving, isReady, phaseOf } from './pods.ts'

/** A pod gives its own checks two seconds; with the way there and back it has answered after three. */
const TIMEOUT_MS = 3000
const MAX_BODY_BYTES = 16 * 1024
/** More pods of one ChatApp say nothing new. */
const MAX_ASKED = 6
/** An error text ends up in a condition's message. */
const MAX_ERROR_CHARACTERS = 300

/** What a pod says about itself: the error of each component that is down, by the component's name. */
export interface Health {
  readonly pod: string
  readonly down: Readonly<Record<string, string>>
}

/** Fetches the body of a pod's health endpoint, whatever the HTTP status. */
export type AskPod = (pod: KubeObject, path: string) => Promise<string>

/** Pods that run and are not ready: a kubelet only says "HTTP 503", they themselves know why. */
export function unreadyPods(pods: readonly KubeObject[]): KubeObject[] {
  return byAge(pods)
    .filter((pod) => phaseOf(pod) === 'Running' && !isReady(pod) && !isLeaving(pod))
    .slice(0, MAX_ASKED)
}

/** Asks pods at the same time, each for at most three seconds. A pod that does not answer is left out. */
export async function askHealth(pods: readonly KubeObject[], ask: AskPod): Promise<Health[]> {
  const answers = await Promise.all(pods.map((pod) => healthOf(pod, ask).catch(() => undefined)))
  return answers.filter((answer) => answer !== undefined)
}

async function healthOf(pod: KubeObject, ask: AskPod): Promise<Health> {
  const health = parseJson<unknown>(await ask(pod, '/actuator/health'))
  const down: Record<string, string> = {}
  for (const [component, state] of Object.entries(fieldsOf(at(health, 'components')))) {
    if (at<string>(state, 'status') !== 'DOWN') continue
    const error = at<unknown>(state, 'details', 'error')
    down[component] = typeof error === 'string' ? error.slice(0, MAX_ERROR_CHARACTERS) : 'it is down'
  }
  return { pod: pod.metadata.name, down }
}

/** Asks the pod's own address: for an operator that runs in the cluster. */
export function askDirectly(dispatcher: Dispatcher): AskPod {
  return async (pod, path) => {
    const address = at<string>(pod, 'status', 'podIP')
    const port = httpPort(pod)
    if (address === undefined || port === undefined) throw new Error(`pod ${pod.metadata.name} has no address`)
    const host = address.includes(':') ? `[${address}]` : address
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const { body } = await request(`http://${host}:${port}${path}`, { dispatcher, signal })
    return readBounded(body)
  }
}

/** Asks through the API server: for an operator that cannot reach pod addresses. Needs `get` on `pods/proxy`. */
export function askByProxy(client: Client): AskPod {
  return async ({ metadata: { namespace = '', name }, ...pod }, path) => {
    const port = httpPort({ metadata: { namespace, name }, ...pod })
    const where = `${encodeURIComponent(name)}:${port ?? ''}`
    return client.text({
      method: 'GET',
      verb: 'proxy',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${where}/proxy${path}`,
      timeoutMs: TIMEOUT_MS,
    })
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of body) {
    text += chunk.toString('utf8')
    if (text.length > MAX_BODY_BYTES) throw new Error('the answer is too large')
  }
  return text
}
