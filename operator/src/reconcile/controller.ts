import { CHAT_APPS } from '@chat-app/chat/resources'
import { KIND } from '@chat-app/crds'
import type { Logger } from 'pino'
import type { ChatAppObject } from '../cache/chat-app.ts'
import { concernedChatApps } from '../cache/concerned-chat-apps.ts'
import { Watches } from '../cache/watches.ts'
import { World } from '../cache/world.ts'
import { RECONCILE_WORKERS } from '../limits.ts'
import { EndedJobs } from '../observe/ended-jobs.ts'
import type { AskPod } from '../observe/pod-access.ts'
import { PodAsker } from '../observe/pod-asker.ts'
import { nameOf } from '../plan/plan.ts'
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
}

/** Watches the cluster, and reconciles every ChatApp that a change concerns. */
export class Controller {
  readonly #log: Logger
  readonly #metrics: Metrics
  readonly #world = new World()
  readonly #discovery: Discovery
  readonly #watches: Watches
  readonly #queue: Queue
  readonly #podAsker: PodAsker
  readonly #operator: Operator

  constructor({ client, watchNamespaces, askPod, announcer, metrics, log }: ControllerOptions) {
    this.#log = log
    this.#metrics = metrics
    this.#discovery = new Discovery(client)
    this.#watches = new Watches({
      client,
      namespaces: watchNamespaces,
      world: this.#world,
      onChange: (change) => this.#onChange(change),
      onError: (kind, namespace, error, retryInMs) =>
        log.warn({ kind, namespace, err: error, retryInMs }, 'a watch failed'),
      onSynced: (namespace) => this.#addAll(namespace),
      onWatch: metrics.watched,
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
      kinds: () => this.#kinds(),
      servedSchema: (maxAgeMs) => schema.schema(maxAgeMs),
      podAsker: this.#podAsker,
      memory: { failedRuns: new Map(), jobs: new EndedJobs(), normalized: new Map(), tried: new Map() },
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
  }

  /** Takes no more ChatApps, and waits at most `graceMs` for those in work. Returns whether all have ended. */
  async finish(graceMs: number): Promise<boolean> {
    await this.#podAsker.stop()
    return this.#queue.stop(graceMs)
  }

  /** Ends the watches. */
  async stop(): Promise<void> {
    await this.#watches.stop()
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
    memory.failedRuns.delete(object.metadata.uid ?? '')
    this.#podAsker.answers(keyOf(object), [])
    memory.tried.delete(object.metadata.uid ?? '')
    this.#metrics.ready(object.metadata.namespace ?? '', object.metadata.name, undefined)
  }

  #addAll(namespace: string): void {
    for (const chatApp of this.#world.chatApps())
      if (chatApp.metadata.namespace === namespace) this.#queue.add(keyOf(chatApp))
  }

  async #kinds(): Promise<Kinds> {
    const kinds = await this.#discovery.kinds()
    await this.#watches.follow(kinds)
    return kinds
  }

  async #handle(key: string): Promise<void> {
    // A namespace that is not listed yet adds its ChatApps again once it is.
    if (!this.#watches.serves(key.slice(0, key.indexOf('/')))) return
    const startMs = performance.now()
    const next = await reconcile(key, this.#operator)
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
