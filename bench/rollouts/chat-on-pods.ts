import { CHAT_APPS, PODS, SECRETS, SERVICES } from '@chat-app/chat/resources'
import { kubectl } from '@chat-app/kubectl'
import { startNode, type NodeCluster } from '@chat-app/sandbox-cluster'
import { ApiServer } from '@chat-app/sandbox-cluster/testing/api-server'
import { installPlatform, platformReady } from '@chat-app/sandbox-demo'
import { Database } from '@chat-app/services/store'
import { addUsers } from '@chat-app/services/testing'
import { eventually } from '@chat-app/testing'
import { spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const NAMESPACE = 'chat-app'
const NAME = 'rollouts'
const IMAGES = {
  registry: 'registry.example.com/chat-app',
  mariadb: 'sandbox.local/mariadb:10.11',
  redis: 'sandbox.local/redis:7.0',
}
const HANG_MS = 15 * 60_000
/** 128 and SIGKILL. */
const KILLED = 137

/** A ChatApp on real pods of a node of its own. */
export class ChatOnPods implements AsyncDisposable {
  /** Containers of WebSocket pods that were ended by SIGKILL. */
  readonly killed = new Set<string>()
  readonly #cluster: NodeCluster
  readonly #server: ApiServer
  #endWatch = (): unknown => undefined

  private constructor(cluster: NodeCluster) {
    this.#cluster = cluster
    this.#server = ApiServer.of(cluster.kubeconfig)
  }

  /** Starts the node with MariaDB and Redis, and waits until the ChatApp is ready. @param say receives progress */
  static async start(spec: object, say: (text: string) => void): Promise<ChatOnPods> {
    const dir = await mkdtemp(join(tmpdir(), 'chat-app-bench-'))
    const chat = new ChatOnPods(await startNode({ dir, name: 'bench', lifetime: 'parent', onProgress: say }))
    try {
      const run = kubectl({ binary: chat.#cluster.kubectl, kubeconfig: chat.#cluster.kubeconfig })
      await installPlatform(run, IMAGES, say)
      await platformReady(run, say)
      const metadata = { name: NAME, namespace: NAMESPACE }
      await chat.#server.apply({ apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata, spec })
      await chat.#ready('')
      chat.#watch()
      return chat
    } catch (error) {
      await chat[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endWatch()
    await this.#cluster.stop()
  }

  /** `http://` or `ws://` and the address of a Service. */
  async url(component: 'api' | 'websocket'): Promise<string> {
    const { spec } = await this.#server.get<{ spec: { clusterIP: string } }>(
      SERVICES,
      NAMESPACE,
      `${NAME}-${component}`,
    )
    return `${component === 'api' ? 'http' : 'ws'}://${spec.clusterIP}`
  }

  async signingKey(): Promise<string> {
    const { data } = await this.#server.get<{ data: Record<string, string> }>(SECRETS, NAMESPACE, 'jwt-secret')
    return Buffer.from(data['secret'] ?? '', 'base64').toString()
  }

  /** Makes users in the database: to register so many would take long, and is limited. */
  async addUsers(names: readonly string[]): Promise<void> {
    const { data } = await this.#server.get<{ data: Record<string, string> }>(SECRETS, NAMESPACE, 'db-credentials')
    const url = new URL(Buffer.from(data['url'] ?? '', 'base64').toString())
    const [service = '', namespace = NAMESPACE] = url.hostname.split('.')
    const { spec } = await this.#server.get<{ spec: { clusterIP: string } }>(SERVICES, namespace, service)
    url.hostname = spec.clusterIP
    const database = new Database({ url: url.href, maxConnections: 1 })
    await addUsers(database, names)
    await database.close()
  }

  /** Makes a release by an annotation of all pods, waits until it is ready, and until the last old pod is gone. */
  async rollOut(release: string): Promise<LastRollout> {
    const podTemplate = { metadata: { annotations: { release } } }
    await this.#server.patch(CHAT_APPS, NAMESPACE, NAME, { spec: { api: { podTemplate }, websocket: { podTemplate } } })
    const { lastRollout } = await this.#ready(release)
    return lastRollout ?? { proof: 'none' }
  }

  async #ready(release: string): Promise<Status> {
    return eventually(
      async () => {
        const { metadata, status } = await this.#server.get<{ metadata: { generation: number }; status?: Status }>(
          CHAT_APPS,
          NAMESPACE,
          NAME,
        )
        const ready = status?.conditions.find(({ type }) => type === 'Ready')
        if (ready?.status !== 'True' || status?.observedGeneration !== metadata.generation)
          throw new Error(`the ChatApp is not ready: ${ready?.reason}: ${ready?.message}`)
        const selector = `app.kubernetes.io/instance=${NAME},app.kubernetes.io/component=websocket`
        const pods = await this.#server.list<Pod>(PODS, NAMESPACE, selector)
        if (pods.some((pod) => (pod.metadata.annotations?.['release'] ?? '') !== release))
          throw new Error('old pods still drain')
        return status
      },
      { timeoutMs: HANG_MS },
    )
  }

  /** A pod has the exit codes of its containers only for a moment before it is gone. */
  #watch(): void {
    const { kubectl: binary, kubeconfig } = this.#cluster
    const path = '{.metadata.name}{" "}{.status.containerStatuses[*].state.terminated.exitCode}{"\\n"}'
    const selector = `--selector=app.kubernetes.io/instance=${NAME},app.kubernetes.io/component=websocket`
    const args = [
      '--kubeconfig',
      kubeconfig,
      '-n',
      NAMESPACE,
      'get',
      'pods',
      selector,
      '--watch',
      '-o',
      `jsonpath=${path}`,
    ]
    const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    createInterface(child.stdout).on('line', (line) => {
      const [name = '', ...codes] = line.split(' ')
      if (codes.includes(String(KILLED))) this.killed.add(name)
    })
    this.#endWatch = () => child.kill()
  }
}

/** The status of the proof. */
export interface LastRollout {
  readonly proof: string
  readonly sent?: number
  readonly lost?: number
  readonly longestGapMilliseconds?: number
}

interface Status {
  readonly observedGeneration: number
  readonly conditions: readonly {
    readonly type: string
    readonly status: string
    readonly reason: string
    readonly message: string
  }[]
  readonly lastRollout?: LastRollout
}

interface Pod {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> }
}
