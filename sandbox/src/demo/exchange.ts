import type { Kubectl } from '../kubectl.ts'
import type { Exchange } from './report.ts'

export interface ExchangeOptions {
  readonly namespace: string
  readonly chatApp: string
  /** Image of the two users' program (users.ts). */
  readonly image: string
  readonly messages: number
  readonly labels: Record<string, string>
}

/** What the users' program prints, one JSON object a line. */
export type UsersLine =
  | { event: 'progress'; delivered: number }
  | ({ event: 'result' } & Exchange)
  | { event: 'error'; message: string }

const job = 'demo-users'
const deadlineMs = 180_000

/**
 * Runs two users as a Job inside the cluster, each connected to a WebSocket pod of its own, and deletes one of the two pods when a
 * tenth of the messages has arrived. Throws when the users fail, or when the deletion met nobody.
 */
export async function exchange(
  kubectl: Kubectl,
  options: ExchangeOptions,
  say: (text: string) => void,
): Promise<Exchange> {
  const [first, second] = await readyPods(kubectl, options)
  await kubectl(['delete', 'job', job, '-n', options.namespace, '--ignore-not-found', '--wait=true'])
  await kubectl(['apply', '--server-side', '-f', '-'], {
    input: JSON.stringify(usersJob(options, [first.ip, second.ip])),
  })
  let deletion: Promise<unknown> | undefined
  const result = await watchUsers(kubectl, options.namespace, (delivered) => {
    if (delivered >= options.messages / 10) {
      deletion ??= kubectl(['delete', 'pod', second.name, '-n', options.namespace, '--wait=false'])
    }
    say(`${delivered} of ${options.messages} delivered${deletion ? `, ${second.name} is being deleted` : ''}`)
  })
  await deletion
  if (!deletion || result.reconnects === 0) {
    throw new Error('no connection was cut: the pod was deleted after the last message; run the demo again')
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
  if (!first || !second) throw new Error(`two ready WebSocket pods are needed, there are ${ready.length}`)
  return [first, second]
}

/** Follows the Job's log until its result; a log stream that breaks is taken up again. */
async function watchUsers(
  kubectl: Kubectl,
  namespace: string,
  onProgress: (delivered: number) => void,
): Promise<Exchange> {
  const deadline = Date.now() + deadlineMs
  let result: Exchange | undefined
  let failure: string | undefined
  const onLine = (text: string) => {
    const line = parse(text)
    if (line?.event === 'progress') onProgress(line.delivered)
    if (line?.event === 'result') result = line
    if (line?.event === 'error') failure = line.message
  }
  while (!result && !failure && Date.now() < deadline) {
    await kubectl(['logs', '-f', `job/${job}`, '-n', namespace, '--pod-running-timeout=60s'], {
      onLine,
      timeoutMs: deadlineMs,
    }).catch((error: Error) => void (failure = Date.now() > deadline - deadlineMs / 2 ? error.message : undefined))
  }
  if (result) return result
  throw new Error(`the two users did not finish: ${failure ?? `no result within ${deadlineMs / 1000} s`}`)
}

function parse(text: string): UsersLine | undefined {
  try {
    return JSON.parse(text) as UsersLine
  } catch {
    return undefined
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
    metadata: { name: job, namespace: options.namespace, labels: options.labels },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: deadlineMs / 1000,
      template: {
        metadata: { labels: options.labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: 'users',
              image: options.image,
              imagePullPolicy: 'IfNotPresent',
              env: Object.entries(env).map(([name, value]) => ({ name, value })),
              resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '1', memory: '256Mi' } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      },
    },
  }
}
