import { CHAT_APPS, PODS, SECRETS, SERVICES } from '@chat-app/chat/resources'
import { randomUUID } from 'node:crypto'
import { connect, createRoom, signToken, type ChatClient } from '@chat-app/services/client'
import type { Kubectl } from '@chat-app/kubectl'
import { ApiServer, isGone } from '@chat-app/sandbox-cluster/testing'
import { eventually, must } from '@chat-app/testing'

/** The only namespace that the cluster tests' operator looks after. */
export const NAMESPACE = 'chat-app'

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

/** A ChatApp of a test, by its name, in the cluster of this kubectl. */
export class TestChatApp {
  readonly name: string
  readonly #run: Kubectl
  #server: Promise<ApiServer> | undefined

  constructor(run: Kubectl, name: string) {
    this.#run = run
    this.name = name
  }

  /** Applies it with small resources and this on top of its spec. */
  async apply(spec: object = {}): Promise<void> {
    const resources = { requests: { cpu: '20m', memory: '96Mi' }, limits: { cpu: '500m', memory: '256Mi' } }
    const server = await this.server()
    await server.apply({
      apiVersion: 'chat-app.com/v1alpha1',
      kind: 'ChatApp',
      metadata: { name: this.name, namespace: NAMESPACE },
      spec: {
        version: '0.1.0',
        api: { replicas: 1, resources },
        websocket: { replicas: 2, resources, drain: { periodSeconds: 3 } },
        ...spec,
      },
    })
  }

  async patch(spec: object): Promise<void> {
    const server = await this.server()
    await server.patch(CHAT_APPS, NAMESPACE, this.name, { spec })
  }

  /** kubectl in the namespace of the ChatApps. */
  kubectl(args: readonly string[]): Promise<string> {
    return this.#run(['-n', NAMESPACE, ...args])
  }

  /** The API server of its cluster. */
  server(): Promise<ApiServer> {
    return (this.#server ??= ApiServer.behind(this.#run))
  }

  async condition(type: string): Promise<Condition> {
    const { metadata, status } = await (await this.server()).get<Stored>(CHAT_APPS, NAMESPACE, this.name)
    if (status?.observedGeneration !== metadata.generation) throw new Error('not observed yet')
    return must(
      status.conditions?.find((condition) => condition.type === type),
      type,
    )
  }

  /** Waits until the operator says Ready for the present generation. */
  async ready(): Promise<void> {
    const isReady = async () => {
      const { status, reason, message } = await this.condition('Ready')
      if (status !== 'True') throw new Error(`${reason}: ${message}`)
    }
    await eventually(isReady)
  }

  async pods(component: string): Promise<Pod[]> {
    const selector = `app.kubernetes.io/instance=${this.name},app.kubernetes.io/component=${component}`
    return (await this.server()).list<Pod>(PODS, NAMESPACE, selector)
  }

  async readyPods(component: string): Promise<Pod[]> {
    return (await this.pods(component)).filter(
      ({ metadata, status }) =>
        !metadata.deletionTimestamp &&
        status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
    )
  }

  /** Deletes it and waits until it is gone. */
  async delete(): Promise<void> {
    const server = await this.server()
    await server.delete(CHAT_APPS, NAMESPACE, this.name)
    const gone = () => server.get(CHAT_APPS, NAMESPACE, this.name).then(() => false, isGone)
    await eventually(gone)
  }

  /** A value of a Secret in its namespace. */
  async secret(name: string, key: string): Promise<string> {
    const { data } = await (await this.server()).get<Secret>(SECRETS, NAMESPACE, name)
    return Buffer.from(must(data[key], `key ${key} of Secret ${name}`), 'base64').toString()
  }

  /** Users who hold tokens of the namespace's key, each on a pod of its own; after a cut they come back by the Service. */
  async users(count: number): Promise<ChatClient[]> {
    const secret = await this.secret('jwt-secret', 'secret')
    const service = `ws://${await this.#clusterIp('websocket')}`
    const pods = await this.readyPods('websocket')
    return Promise.all(
      Array.from({ length: count }, async (_, i) => {
        let url = `ws://${must(pods[i % pods.length]?.status.podIP, 'the address of a pod')}:8085`
        const token = signToken(secret, `user-${i}-${randomUUID().slice(0, 8)}`)
        const client = await connect(() => url, { token })
        client.on('disconnected', () => (url = service))
        return client
      }),
    )
  }

  /** A room that all of them have joined. */
  async room(users: readonly ChatClient[]): Promise<string> {
    const secret = await this.secret('jwt-secret', 'secret')
    const api = `http://${await this.#clusterIp('api')}`
    const { room } = await createRoom(api, signToken(secret, `owner-${randomUUID().slice(0, 8)}`))
    for (const user of users) await user.join(room)
    return room
  }

  async #clusterIp(component: string): Promise<string> {
    const server = await this.server()
    return (await server.get<Service>(SERVICES, NAMESPACE, `${this.name}-${component}`)).spec.clusterIP
  }
}

interface Stored {
  readonly metadata: { readonly generation: number }
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] }
}

interface Secret {
  readonly data: Readonly<Record<string, string>>
}

interface Service {
  readonly spec: { readonly clusterIP: string }
}
