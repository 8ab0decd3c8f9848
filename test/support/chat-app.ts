import { randomUUID } from 'node:crypto'
import { connect, createRoom, signToken, type ChatClient } from '@chat-app/services/client'
import type { Kubectl } from '@chat-app/sandbox'
import { eventually } from './eventually.ts'
import { must } from './must.ts'

/** The only namespace that the cluster tests' operator looks after. */
export const NAMESPACE = 'chat-app'

interface Listed<T> {
  readonly items: readonly T[]
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string }
  readonly status: {
    readonly podIP?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly { readonly state?: { readonly waiting?: { readonly reason?: string } } }[]
  }
}

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** A ChatApp of a test on the shared node, by its name. */
export class TestChatApp {
  readonly name: string
  readonly #run: Kubectl

  constructor(run: Kubectl, name: string) {
    this.#run = run
    this.name = name
  }

  /** Applies it with small resources and this on top of its spec. */
  async apply(spec: object = {}): Promise<void> {
    const resources = { requests: { cpu: '20m', memory: '96Mi' }, limits: { cpu: '500m', memory: '256Mi' } }
    const chatApp = {
      apiVersion: 'chat-app.com/v1alpha1',
      kind: 'ChatApp',
      metadata: { name: this.name, namespace: NAMESPACE },
      spec: {
        version: '0.1.0',
        api: { replicas: 1, resources },
        websocket: { replicas: 2, resources, drain: { periodSeconds: 3 } },
        ...spec,
      },
    }
    await this.#run(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input: JSON.stringify(chatApp) })
  }

  async patch(spec: object): Promise<void> {
    await this.kubectl(['patch', 'chatapp', this.name, '--type=merge', '-p', JSON.stringify({ spec })])
  }

  /** kubectl in the namespace of the ChatApps. */
  kubectl(args: readonly string[]): Promise<string> {
    return this.#run(['-n', NAMESPACE, ...args])
  }

  async condition(type: string): Promise<Condition> {
    const chatApp = JSON.parse(await this.kubectl(['get', 'chatapp', this.name, '-o', 'json'])) as {
      metadata: { generation: number }
      status?: { observedGeneration?: number; conditions?: Condition[] }
    }
    if (chatApp.status?.observedGeneration !== chatApp.metadata.generation) throw new Error('not observed yet')
    return must(
      chatApp.status.conditions?.find((condition) => condition.type === type),
      type,
    )
  }

  /** Waits until the operator says Ready for the present generation. */
  async ready(timeoutMs = 90_000): Promise<void> {
    const isReady = async () => {
      const { status, reason, message } = await this.condition('Ready')
      if (status !== 'True') throw new Error(`${reason}: ${message}`)
    }
    await eventually(isReady, { timeoutMs, everyMs: 300 })
  }

  async pods(component: string): Promise<Pod[]> {
    const selector = `app.kubernetes.io/instance=${this.name},app.kubernetes.io/component=${component}`
    return (JSON.parse(await this.kubectl(['get', 'pods', '-l', selector, '-o', 'json'])) as Listed<Pod>).items as Pod[]
  }

  async readyPods(component: string): Promise<Pod[]> {
    return (await this.pods(component)).filter(
      ({ metadata, status }) =>
        !metadata.deletionTimestamp &&
        status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
    )
  }

  async delete(): Promise<void> {
    await this.kubectl(['delete', 'chatapp', this.name, '--ignore-not-found', '--wait=true'])
  }

  /** Users who hold tokens of the namespace's key, each on a pod of its own; after a cut they come back by the Service. */
  async users(count: number): Promise<ChatClient[]> {
    const secret = Buffer.from(
      await this.kubectl(['get', 'secret', 'jwt-secret', '-o', 'jsonpath={.data.secret}']),
      'base64',
    )
    const service = `ws://${await this.#clusterIp('websocket')}`
    const pods = await this.readyPods('websocket')
    return Promise.all(
      Array.from({ length: count }, async (_, i) => {
        let url = `ws://${must(pods[i % pods.length]?.status.podIP, 'the address of a pod')}:8085`
        const token = signToken(String(secret), `user-${i}-${randomUUID().slice(0, 8)}`)
        const client = await connect(() => url, { token })
        client.on('disconnected', () => (url = service))
        return client
      }),
    )
  }

  /** A room that all of them have joined. */
  async room(users: readonly ChatClient[]): Promise<string> {
    const secret = Buffer.from(
      await this.kubectl(['get', 'secret', 'jwt-secret', '-o', 'jsonpath={.data.secret}']),
      'base64',
    )
    const api = `http://${await this.#clusterIp('api')}`
    const { room } = await createRoom(api, signToken(String(secret), `owner-${randomUUID().slice(0, 8)}`))
    for (const user of users) await user.join(room)
    return room
  }

  #clusterIp(component: string): Promise<string> {
    return this.kubectl(['get', 'service', `${this.name}-${component}`, '-o', 'jsonpath={.spec.clusterIP}'])
  }
}
