import { CHAT_APPS, SERVICE_ACCOUNTS, apiVersionOf, pathOf, type Resource } from '@chat-app/chat/resources'
import type { ChatAppStatus, ChatAppSpecInput, Condition } from '@chat-app/crds'
import { eventually, uniqueName } from '@chat-app/testing'
import { pino } from 'pino'
import { Store } from '../cache/store.ts'
import { run, type RunningOperator, type RunOptions } from '../run.ts'
import { createClient, type Client } from '../runtime/client.ts'
import { loadCredentials } from '../runtime/credentials.ts'
import { isNotFound } from '../runtime/errors.ts'
import { at } from '../runtime/json.ts'
import { Reflector } from '../runtime/reflector.ts'
import type { RequestRecord } from '../runtime/transport.ts'
import type { KubeObject } from '../runtime/types.ts'
import { Kubelet } from './kubelet.ts'
import { CREDENTIALS } from './secrets.ts'

/** Longer than any outage in a test, since an operator that loses its lease ends. */
const LEASE_MS = { durationMs: 600_000, renewDeadlineMs: 500_000, retryMs: 1000 }
/** Verbs of requests that do not write. */
const READS = new Set(['get', 'list', 'watch', 'discover', 'proxy', 'dry_run'])

/** A namespace with a simulated kubelet, and the actions of tests in it. */
export class Chat {
  readonly client: Client
  readonly namespace: string
  readonly kubelet: Kubelet
  /** Requests of all operators that this object has started. */
  readonly requests: RequestRecord[] = []
  readonly #kubeconfig: string
  readonly #operators: RunningOperator[] = []
  readonly #reflectors: Reflector[] = []

  constructor(kubeconfig: string, namespace: string) {
    this.#kubeconfig = kubeconfig
    this.client = createClient({ credentials: loadCredentials(kubeconfig) })
    this.namespace = namespace
    this.kubelet = new Kubelet(this.client, namespace)
  }

  /** Starts an operator in this process, for this namespace alone. */
  async operator(options: Partial<RunOptions> = {}): Promise<RunningOperator> {
    const operator = await run({
      kubeconfig: this.#kubeconfig,
      watchNamespaces: [this.namespace],
      namespace: this.namespace,
      identity: uniqueName('operator'),
      lease: LEASE_MS,
      ...(process.env['OPERATOR_LOG_LEVEL'] !== undefined && {
        log: pino({ level: process.env['OPERATOR_LOG_LEVEL'] }),
      }),
      onRequest: (record) => this.requests.push(record),
      ...options,
    })
    this.#operators.push(operator)
    return operator
  }

  /** The writes of the operators, as `verb path`, without leases and events. */
  get writes(): string[] {
    return this.requests
      .filter(({ verb, path }) => !READS.has(verb) && !path.includes('/leases') && !path.includes('/events'))
      .map(({ verb, path }) => `${verb} ${path.split('/').slice(-2).join('/')}`)
  }

  /** The conventional Secrets, by default all of them. */
  async secrets(names: readonly (keyof typeof CREDENTIALS)[] = ['db-credentials', 'redis-credentials', 'jwt-secret']) {
    for (const name of names) await this.secret(name, CREDENTIALS[name])
  }

  async secret(name: string, stringData: Record<string, string>): Promise<void> {
    await this.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData })
  }

  /** Applies a ChatApp as a user would. */
  async chatApp(spec: Partial<ChatAppSpecInput> = {}, name = 'chat'): Promise<KubeObject> {
    return this.apply({
      apiVersion: apiVersionOf(CHAT_APPS),
      kind: CHAT_APPS.kind,
      metadata: { name },
      spec: { version: '1.0.0', api: { replicas: 1 }, websocket: { replicas: 2 }, ...spec },
    })
  }

  /** Applies an object in the namespace, with another field manager than the operator's. */
  async apply(object: KubeObject): Promise<KubeObject> {
    const metadata = { ...object.metadata, namespace: this.namespace }
    return this.client.apply({ ...object, metadata }, { fieldManager: 'test', force: true })
  }

  /** Changes an object as `kubectl edit` would. */
  async edit(resource: Resource, name: string, patch: object, subresource?: string): Promise<KubeObject> {
    return this.client.request({
      method: 'PATCH',
      path: pathOf(resource, this.namespace, name, subresource),
      contentType: 'application/merge-patch+json',
      body: patch,
    })
  }

  async get(resource: Resource, name: string): Promise<KubeObject | undefined> {
    return this.client.get(resource, this.namespace, name).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
  }

  async list(resource: Resource): Promise<KubeObject[]> {
    const { items } = await this.client.list(resource, this.namespace)
    return items.map((item) => ({ ...item, apiVersion: apiVersionOf(resource), kind: resource.kind }))
  }

  async delete(resource: Resource, name: string): Promise<void> {
    const object = await this.client.get(resource, this.namespace, name)
    await this.client.delete({ ...object, apiVersion: apiVersionOf(resource), kind: resource.kind })
  }

  async status(name = 'chat'): Promise<ChatAppStatus> {
    return at<ChatAppStatus>(await this.get(CHAT_APPS, name), 'status') ?? {}
  }

  async condition(type: string, name = 'chat'): Promise<Condition | undefined> {
    return (await this.status(name)).conditions?.find((condition) => condition.type === type)
  }

  /** Waits until the condition `Ready` has this reason for the newest generation, and returns the condition. */
  async reason(reason: string, name = 'chat'): Promise<Condition> {
    return eventually(async () => {
      const chatApp = await this.get(CHAT_APPS, name)
      const conditions = at<Condition[]>(chatApp, 'status', 'conditions')
      const ready = conditions?.find(({ type }) => type === 'Ready')
      if (ready?.reason === reason && ready.observedGeneration === chatApp?.metadata.generation) return ready
      throw new Error(`Ready is ${JSON.stringify(ready)}, waiting for ${reason}`)
    })
  }

  /** Watches the objects of a kind, and calls `onObject` for every stored version, until the test ends. */
  async follow(resource: Resource, onObject: (object: KubeObject) => void): Promise<void> {
    const reflector = new Reflector({
      client: this.client,
      resource,
      namespace: this.namespace,
      store: new Store(),
      onChange: ({ type, object }) => {
        if (type !== 'deleted') onObject(object)
      },
    })
    this.#reflectors.push(reflector)
    reflector.start()
    await reflector.synced
  }

  async end(): Promise<void> {
    await Promise.all(this.#operators.map((operator) => operator.stop()))
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()))
    await this.kubelet.stop()
    await this.client.request({ method: 'DELETE', path: `/api/v1/namespaces/${this.namespace}` })
    await this.client.close()
  }
}

/** Waits until a new ChatApp is ready; returns its operator. */
export async function readyChat(chat: Chat, spec: Parameters<Chat['chatApp']>[0] = {}): Promise<RunningOperator> {
  await chat.secrets()
  await chat.chatApp(spec)
  const operator = await chat.operator()
  await chat.reason('Ready')
  return operator
}

/** Creates a namespace, and waits until pods can be created in it. */
export async function makeChat(kubeconfig: string): Promise<Chat> {
  const name = uniqueName('chat')
  const chat = new Chat(kubeconfig, name)
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  await chat.client.request({ method: 'POST', path: '/api/v1/namespaces', body: namespace })
  await eventually(async () => (await chat.list(SERVICE_ACCOUNTS)).length > 0)
  return chat
}
