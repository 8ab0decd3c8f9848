import { CHAT_APPS } from '@chat-app/chat/resources'
import { KIND } from '@chat-app/crds'
import type { Logger } from 'pino'
import type { ChatAppObject } from '../cache/chat-app.ts'
import { ClusterWatches } from '../cache/cluster-watches.ts'
import { concernedChatApps } from '../cache/concerned-chat-apps.ts'
import { Watches, type WatchesOptions } from '../cache/watches.ts'
import { World } from '../cache/world.ts'
import { DISCOVERY_INTERVAL_MS, RECONCILE_WORKERS } from '../limits.ts'
import { EndedJobs } from '../observe/ended-jobs.ts'
import type { AskPod } from '../observe/pod-access.ts'
import { PodAsker } from '../observe/pod-asker.ts'
import { nameOf } from '../plan/plan.ts'
import { URGENT_FIXES, type UrgentFix } from '@chat-app/chat/release'
import type { Change } from '../runtime/change.ts'
import type { Client } from '../runtime/client.ts'
import { Discovery, type Kinds } from '../runtime/discovery.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { Queue } from '../runtime/queue.ts'
import { ServedSchema } from '../runtime/served-schema.ts'
import { keyOf } from '../runtime/types.ts'
import type { Announcer } from '../status/announce.ts'
import { readyOf } from '../status/status.ts'
import type { Operator } from './operator.ts'
import { reconcile } from './reconcile.ts'

export interface ControllerOptions {
  readonly client: Client
  readonly watchNamespaces: readonly string[]
  readonly askPod: AskPod
  readonly announcer: Announcer
  readonly metrics: Metrics
  readonly log: Logger
  /** How often it is asked which kinds the cluster serves. @default 60,000 */
  readonly discoveryIntervalMs?: number | undefined
  /** How often a cluster that cannot be watched is asked. @default 30,000 */
  readonly clusterAskMs?: number | undefined
  /** @default those of this release */
  readonly urgentFixes?: readonly UrgentFix[] | undefined
}

/** Watches the cluster, and reconciles every ChatApp that a change concerns. */
export class Controller {
  readonly #log: Logger
  readonly #metrics: Metrics
  readonly #world = new World()
  readonly #discovery: Discovery
  readonly #discoveryIntervalMs: number
  readonly #watches: Watches
  readonly #clusters: ClusterWatches
  readonly #queue: Queue
  readonly #podAsker: PodAsker
  readonly #operator: Operator
  #discovering: NodeJS.Timeout | undefined

  constructor(options: ControllerOptions) {
    const { client, watchNamespaces, askPod, announcer, metrics, log, discoveryIntervalMs } = options
    this.#log = log
    this.#metrics = metrics
    this.#discoveryIntervalMs = discoveryIntervalMs ?? DISCOVERY_INTERVAL_MS
    this.#discovery = new Discovery({
      client,
      intervalMs: discoveryIntervalMs,
      prepare: (kinds) => this.#followKinds(kinds),
      // It happens seldom, and what a ChatApp needs of a kind follows from its spec: all are reconciled.
      onChange: () => this.#addAll(),
    })
    const watching: Pick<WatchesOptions, 'client' | 'onError' | 'onGone' | 'onWatch'> = {
      client,
      onError: (kind, namespace, error, retryInMs) =>
        log.warn({ kind, namespace, err: error, retryInMs }, 'a watch failed'),
      onGone: () => void this.#discover(),
      onWatch: metrics.watched,
    }
    this.#watches = new Watches({
      ...watching,
      namespaces: watchNamespaces,
      world: this.#world,
      onChange: (change) => this.#onChange(change),
      onSynced: (namespace) => this.#addAll(namespace),
      onRefusal: (namespace) => this.#addAll(namespace),
    })
    this.#clusters = new ClusterWatches({
      ...watching,
      onChange: (key) => this.#queue.add(key),
      askMs: options.clusterAskMs,
    })
    this.#queue = new Queue({
      workers: RECONCILE_WORKERS,
      handle: (key) => this.#handle(key),
      onError: (key, error) => this.#onError(key, error),
    })
    this.#podAsker = new PodAsker(askPod, (key) => this.#queue.add(key))
    const schema = new ServedSchema(client, CHAT_APPS, (error) => log.warn({ err: error }, 'the schema was not read'))
    this.#operator = {
      client,
      world: this.#world,
      clusters: this.#clusters,
      discovery: this.#discovery,
      servedSchema: (maxAgeMs) => schema.schema(maxAgeMs),
      podAsker: this.#podAsker,
      memory: { failedRuns: new Map(), jobs: new EndedJobs(), normalized: new Map(), tried: new Map() },
      urgentFixes: options.urgentFixes ?? URGENT_FIXES,
      ...announcer,
      onNormalized: (object, paths) =>
        log.warn({ kind: object.kind, object: keyOf(object), paths }, 'the server changed the form of a field'),
      now: () => new Date(),
    }
  }

  /** Whether every watched namespace was listed, except those that may not be read. */
  get isSynced(): boolean {
    return this.#watches.isSynced
  }

  /** ChatApps that wait for a worker. */
  get queueDepth(): number {
    return this.#queue.depth
  }

  /** Starts to watch; resolves when `isSynced` is true. */
  async watch(): Promise<void> {
    await this.#watches.start()
  }

  /** Starts to reconcile. */
  start(): void {
    this.#queue.start()
    this.#discovering = setInterval(() => {
      if (this.#world.store(KIND).size > 0) void this.#discover()
    }, this.#discoveryIntervalMs)
  }

  /** Takes no more ChatApps, and waits at most `graceMs` for those in work. Returns whether all have ended. */
  async finish(graceMs: number): Promise<boolean> {
    clearInterval(this.#discovering)
    await this.#podAsker.stop()
    return this.#queue.stop(graceMs)
  }

  /** Ends the watches. */
  async stop(): Promise<void> {
    await Promise.all([this.#watches.stop(), this.#clusters.stop()])
  }

  #onChange(change: Change): void {
    this.#operator.memory.jobs.see(change)
    for (const key of concernedChatApps(change, this.#world)) this.#queue.add(key)
    if (change.type === 'deleted') this.#forget(change)
  }

  #forget({ object }: Change): void {
    const { memory } = this.#operator
    memory.normalized.delete(nameOf(object))
    if (object.kind !== KIND) return
    this.#clusters.use(keyOf(object), [])
    memory.failedRuns.delete(object.metadata.uid ?? '')
    this.#podAsker.answers(keyOf(object), [])
    memory.tried.delete(object.metadata.uid ?? '')
    this.#metrics.ready(object.metadata.namespace ?? '', object.metadata.name, undefined)
  }

  #addAll(namespace?: string): void {
    for (const chatApp of this.#world.chatApps())
      if (namespace === undefined || chatApp.metadata.namespace === namespace) this.#queue.add(keyOf(chatApp))
  }

  async #discover(): Promise<void> {
    await this.#discovery.refresh().catch((error: unknown) => {
      this.#log.warn({ err: error }, 'the kinds that the cluster serves could not be read')
    })
  }

  async #followKinds(kinds: Kinds): Promise<void> {
    this.#log.info({ kinds: [...kinds.keys()] }, 'kinds that ChatApps may need')
    this.#clusters.follow(kinds)
    await this.#watches.follow(kinds)
  }

  async #handle(key: string): Promise<void> {
    const namespace = key.slice(0, key.indexOf('/'))
    const refusal = this.#watches.refusalOf(namespace)
    const isServed = this.#watches.serves(namespace)
    // A namespace that is not listed yet adds its ChatApps again once it is.
    if (!isServed && refusal === undefined) return
    const startMs = performance.now()
    const next = await reconcile(key, this.#operator, { isServed, refusal })
    this.#metrics.reconciled(next.type, (performance.now() - startMs) / 1000)
    const chatApp = this.#world.chatApp(key)
    if (chatApp !== undefined) this.#recordReady(chatApp)
    if (next.type === 'retry') {
      this.#queue.addAfterFailure(key)
      return
    }
    this.#queue.forget(key)
    if (next.type === 'after') this.#queue.addAfter(key, next.ms)
  }

  #recordReady({ metadata: { namespace, name }, status }: ChatAppObject): void {
    const ready = readyOf(status)
    this.#metrics.ready(namespace, name, { isReady: ready?.status === 'True', reason: ready?.reason ?? 'Unknown' })
  }

  #onError(key: string, error: unknown): void {
    this.#metrics.reconciled('error', 0)
    const retryInMs = this.#queue.addAfterFailure(key)
    this.#log.warn({ chatApp: key, err: error, retryInMs }, 'a reconciliation failed')
  }
}
