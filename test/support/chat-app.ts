import { CHAT_APPS, PODS, SECRETS, SERVICES } from '@chat-app/chat/resources'
import { randomUUID } from 'node:crypto'
import { connect, createRoom, signToken, type ChatClient } from '@chat-app/services/client'
import { Database } from '@chat-app/services/store'
import { addUsers } from '@chat-app/services/testing'
import type { Kubectl } from '@chat-app/kubectl'
import { ApiServer, isGone } from '@chat-app/sandbox-cluster/testing'
import { eventually, must } from '@chat-app/testing'

/** The only namespace that the operator of the cluster tests watches. */
export const NAMESPACE = 'chat-app'

/** A limit for a whole rollout: the proof with its 5,000 messages, the start of all pods, the soak and the drain. */
export const ROLLOUT_MS = 540_000

/** For tests of a proof. The machine may be slow, which is no fault of a release. */
export const PROVEN = { rollout: { proof: 'Enabled', budget: { maxGapSeconds: 60 } } }

/** The fields of a pod that the tests read. */
export interface Pod {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly status: {
    readonly podIP?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly { readonly state?: { readonly waiting?: { readonly reason?: string } } }[]
  }
}

/** A condition of a ChatApp. */
export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** A ChatApp of a test in the namespace `NAMESPACE`. */
export class TestChatApp {
  readonly name: string
  readonly #run: Kubectl
  #server: Promise<ApiServer> | undefined

  /** @param run kubectl for the cluster */
  constructor(run: Kubectl, name: string) {
    this.#run = run
    this.name = name
  }

  /**
   * Applies the ChatApp with small resources, and without proofs of its rollouts.
   *
   * @param spec fields that replace those of the default spec
   */
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
        rollout: { proof: 'Disabled' },
        ...spec,
      },
    })
  }

  /** Merges fields into the spec. */
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

  /** @throws Error when the operator has not observed the current generation, or the condition is missing */
  async condition(type: string): Promise<Condition> {
    const { metadata, status } = await (await this.server()).get<Stored>(CHAT_APPS, NAMESPACE, this.name)
    if (status?.observedGeneration !== metadata.generation)
      throw new Error('the operator has not observed the current generation yet')
    return must(
      status.conditions?.find((condition) => condition.type === type),
      `condition ${type}`,
    )
  }

  /** Waits for the condition Ready of the current generation. */
  async ready(): Promise<void> {
    const isReady = async () => {
      const { status, reason, message } = await this.condition('Ready')
      if (status !== 'True') throw new Error(`${reason}: ${message}`)
    }
    await eventually(isReady, { timeoutMs: ROLLOUT_MS })
  }

  /** @param component `api`, `websocket` or `migrate` */
  async pods(component: string): Promise<Pod[]> {
    const selector = `app.kubernetes.io/instance=${this.name},app.kubernetes.io/component=${component}`
    return (await this.server()).list<Pod>(PODS, NAMESPACE, selector)
  }

  /** The ready pods of a component that are not being deleted. */
  async readyPods(component: string): Promise<Pod[]> {
    return (await this.pods(component)).filter(
      ({ metadata, status }) =>
        !metadata.deletionTimestamp &&
        status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
    )
  }

  /** Deletes the ChatApp and waits until it no longer exists. */
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

  /** Connects users, distributed over the pods. A disconnected user reconnects through the Service. */
  async users(count: number): Promise<ChatClient[]> {
    const secret = await this.secret('jwt-secret', 'secret')
    const service = `ws://${await this.address('websocket')}`
    const pods = await this.readyPods('websocket')
    const names = Array.from({ length: count }, (_, i) => `user-${i}-${randomUUID().slice(0, 8)}`)
    await this.#addUsers(names)
    return Promise.all(
      Array.from({ length: count }, async (_, i) => {
        let url = `ws://${must(pods[i % pods.length]?.status.podIP, 'the address of a pod')}:8085`
        const token = signToken(secret, must(names[i], 'a name'))
        const client = await connect(() => url, { token })
        client.on('disconnected', () => (url = service))
        return client
      }),
    )
  }

  /** Creates a room, and lets all users join it. */
  async room(users: readonly ChatClient[]): Promise<string> {
    const secret = await this.secret('jwt-secret', 'secret')
    const api = `http://${await this.address('api')}`
    const owner = `owner-${randomUUID().slice(0, 8)}`
    await this.#addUsers([owner])
    const { room } = await createRoom(api, signToken(secret, owner))
    for (const user of users) await user.join(room)
    return room
  }

  /** In the database: to register so many would take long, and is limited. */
  async #addUsers(names: readonly string[]): Promise<void> {
    const url = new URL(await this.secret('db-credentials', 'url'))
    const [service = '', namespace = NAMESPACE] = url.hostname.split('.')
    url.hostname = await this.#addressOf(namespace, service)
    const database = new Database({ url: url.href, maxConnections: 1 })
    await addUsers(database, names)
    await database.close()
  }

  /** The address of the Service of `api` or `websocket`. */
  address(component: string): Promise<string> {
    return this.#addressOf(NAMESPACE, `${this.name}-${component}`)
  }

  async #addressOf(namespace: string, service: string): Promise<string> {
    const server = await this.server()
    return (await server.get<Service>(SERVICES, namespace, service)).spec.clusterIP
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
