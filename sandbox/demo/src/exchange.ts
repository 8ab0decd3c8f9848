import { restrictedContainer, restrictedPod } from '@chat-app/chat/constructs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kubectl } from '@chat-app/kubectl'
import type { Exchange } from './report.ts'

export interface ExchangeOptions {
  readonly namespace: string
  readonly chatApp: string
  /** Image with the program of the two users (users.ts). */
  readonly image: string
  readonly messages: number
  readonly labels: Record<string, string>
  readonly signal: AbortSignal
}

/** A line that the users' program prints, as JSON. */
export type UsersLine =
  | { event: 'progress'; delivered: number }
  | ({ event: 'result' } & Exchange)
  | { event: 'error'; message: string }

const JOB = 'demo-users'
const TIMEOUT_MS = 180_000
/** The exchange fails if the users' pod prints nothing for this long, which includes the time to pull its image. */
const MAX_SILENCE_MS = 90_000
const RETRY_INTERVAL_MS = 500

/**
 * Runs two users as a Job in the cluster, each connected to another WebSocket pod, and deletes one of the two pods
 * after a tenth of the messages is delivered.
 *
 * @throws Error if the users fail, or if the deletion of the pod cut no connection
 */
export async function exchange(
  kubectl: Kubectl,
  options: ExchangeOptions,
  onProgress: (text: string) => void,
): Promise<Exchange> {
  const [first, second] = await readyPods(kubectl, options)
  await kubectl(['delete', 'job', JOB, '-n', options.namespace, '--ignore-not-found', '--wait=true'])
  await kubectl(['apply', '--server-side', '-f', '-'], {
    input: [usersAccess(options), usersJob(options, [first.ip, second.ip])]
      .map((object) => JSON.stringify(object))
      .join('\n---\n'),
  })
  let deletion: Promise<unknown> | undefined
  const onDelivered = (delivered: number): void => {
    if (delivered >= options.messages / 10) {
      deletion ??= kubectl(['delete', 'pod', second.name, '-n', options.namespace, '--wait=false'])
      // Awaited below. Until then, a failure must not be an unhandled rejection.
      deletion.catch(() => {})
    }
    onProgress(
      `${deletion ? `chatting while ${second.name} is deleted` : 'chatting'}: ${delivered} of ${options.messages} delivered`,
    )
  }
  const result = await watchUsers(kubectl, options, { onDelivered, onWaiting: onProgress })
  await deletion
  if (!deletion || result.reconnects === 0) {
    throw new Error('the pod was deleted after the last message, so no connection was cut; run the demo again')
  }
  return result
}

interface ReadyPod {
  readonly name: string
  readonly ip: string
}

async function readyPods(kubectl: Kubectl, options: ExchangeOptions): Promise<[ReadyPod, ReadyPod]> {
  const selector = `app.kubernetes.io/instance=${options.chatApp},app.kubernetes.io/component=websocket`
  const list = JSON.parse(await kubectl(['get', 'pods', '-n', options.namespace, '-l', selector, '-o', 'json'])) as {
    items: {
      metadata: { name: string; deletionTimestamp?: string }
      status: { podIP?: string; conditions?: { type: string; status: string }[] }
    }[]
  }
  const ready = list.items
    .filter((pod) => !pod.metadata.deletionTimestamp)
    .filter((pod) =>
      pod.status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
    )
    .map((pod) => ({ name: pod.metadata.name, ip: pod.status.podIP ?? '' }))
  const [first, second] = ready
  if (!first || !second) throw new Error(`WebSocket pods ready: ${ready.length}, expected at least 2`)
  return [first, second]
}

interface WatchCallbacks {
  readonly onDelivered: (delivered: number) => void
  /** Called with the reason why the log cannot be read yet. */
  readonly onWaiting: (why: string) => void
}

/** Follows the log of the Job until it contains the result. If the log is not available or its stream breaks, retries. */
async function watchUsers(kubectl: Kubectl, options: ExchangeOptions, callbacks: WatchCallbacks): Promise<Exchange> {
  const end: { result?: Exchange; failure?: string } = {}
  const start = Date.now()
  let lastLineAt = start
  const onLine = (text: string) => {
    lastLineAt = Date.now()
    const line = parse(text)
    if (line?.event === 'progress') callbacks.onDelivered(line.delivered)
    if (line?.event === 'result') end.result = line
    if (line?.event === 'error') end.failure = line.message
  }
  while (!end.result && end.failure === undefined) {
    const why = await followLog(kubectl, options.namespace, onLine)
    if (why !== undefined && !end.result) callbacks.onWaiting(why)
    if (Date.now() - lastLineAt > MAX_SILENCE_MS) end.failure ??= why ?? 'their program prints nothing'
    if (Date.now() - start > TIMEOUT_MS) end.failure ??= `no result within ${TIMEOUT_MS / 1000} s`
    await sleep(RETRY_INTERVAL_MS, undefined, { signal: options.signal })
  }
  if (end.result) return end.result
  throw new Error(`the two users did not finish: ${end.failure}`)
}

/** Returns the reason why the log is not available or was cut off; undefined if it ended. */
function followLog(kubectl: Kubectl, namespace: string, onLine: (line: string) => void): Promise<string | undefined> {
  const args = ['logs', '-f', `job/${JOB}`, '-n', namespace, '--pod-running-timeout=60s']
  return kubectl(args, { onLine, timeoutMs: TIMEOUT_MS }).then(
    () => undefined,
    (error: Error) => /container .* is waiting to start: .*/.exec(error.message)?.[0] ?? error.message,
  )
}

function parse(text: string): UsersLine | undefined {
  try {
    return JSON.parse(text) as UsersLine
  } catch {
    return undefined
  }
}

/** The platform's network policies deny all traffic by default, so the users need a policy to reach the services. */
function usersAccess({ namespace, labels }: ExchangeOptions): unknown {
  const to = [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': 'chat-app' } } }]
  const ports = [8080, 8085].map((port) => ({ protocol: 'TCP', port }))
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: JOB, namespace, labels },
    spec: { podSelector: { matchLabels: labels }, policyTypes: ['Egress'], egress: [{ to, ports }] },
  }
}

function usersJob(options: ExchangeOptions, ips: readonly string[]): unknown {
  const env = {
    API_URL: `http://${options.chatApp}-api`,
    WEBSOCKET_URL: `ws://${options.chatApp}-websocket`,
    FIRST_URLS: ips.map((ip) => `ws://${ip.includes(':') ? `[${ip}]` : ip}:8085`).join(','),
    MESSAGES: String(options.messages),
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: JOB, namespace: options.namespace, labels: options.labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: TIMEOUT_MS / 1000,
      template: {
        metadata: { labels: options.labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          securityContext: restrictedPod,
          containers: [
            {
              name: 'users',
              image: options.image,
              imagePullPolicy: 'IfNotPresent',
              env: Object.entries(env).map(([name, value]) => ({ name, value })),
              resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } },
              securityContext: restrictedContainer,
            },
          ],
        },
      },
    },
  }
}
