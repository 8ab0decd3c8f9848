import { Agent, request, type Dispatcher } from 'undici'
import { HEALTH_TIMEOUT_MS } from '../limits.ts'
import type { Client } from '../runtime/client.ts'
import { at } from '../runtime/json.ts'
import type { KubeObject } from '../runtime/types.ts'

const MAX_BODY_BYTES = 16 * 1024
/** Pods are asked rarely, so few connections are kept, and not for long. */
const AGENT_LIMITS = { connections: 4, keepAliveTimeout: 1000, connectTimeout: 2000 }

/** Requests a path at a port of a pod and returns the body, whatever the HTTP status. */
export type AskPod = (pod: KubeObject, port: number, path: string) => Promise<string>

export interface PodAccess {
  readonly ask: AskPod
  close(): Promise<void>
}

/** Access to pods at their own addresses (`direct`), or through the API server (`proxy`). */
export function podAccess(by: 'direct' | 'proxy', client: Client): PodAccess {
  if (by === 'proxy') return { ask: askByProxy(client), close: () => Promise.resolve() }
  const agent = new Agent(AGENT_LIMITS)
  return { ask: askDirectly(agent), close: () => agent.destroy() }
}

/** Requests the pod's own address, for an operator that runs in the cluster. */
export function askDirectly(dispatcher: Dispatcher): AskPod {
  return async (pod, port, path) => {
    const address = at<string>(pod, 'status', 'podIP')
    if (address === undefined) throw new Error(`pod ${pod.metadata.name} has no address`)
    const host = address.includes(':') ? `[${address}]` : address
    const signal = AbortSignal.timeout(HEALTH_TIMEOUT_MS)
    const { body } = await request(`http://${host}:${port}${path}`, { dispatcher, signal })
    return readBounded(body)
  }
}

/** Requests through the API server, for an operator that cannot reach pod addresses. Needs `get` on `pods/proxy`. */
export function askByProxy(client: Client): AskPod {
  return async (pod, port, path) => {
    const { namespace = '', name } = pod.metadata
    const target = `${encodeURIComponent(name)}:${port}`
    return client.text({
      method: 'GET',
      verb: 'proxy',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${target}/proxy${path}`,
      timeoutMs: HEALTH_TIMEOUT_MS,
    })
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of body) {
    text += chunk.toString('utf8')
    if (text.length > MAX_BODY_BYTES) throw new Error(`the answer is too large: more than ${MAX_BODY_BYTES} bytes`)
  }
  return text
}
