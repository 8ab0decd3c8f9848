import { hostname } from 'node:os'
import { pino, type Logger } from 'pino'
import { Agent } from 'undici'
import { KIND } from '@chat-app/crds'
import { createClient, type RequestRecord } from './runtime/client.ts'
import { loadCredentials } from './runtime/credentials.ts'
import { Discovery } from './runtime/discovery.ts'
import { EventRecorder } from './runtime/events.ts'
import { LeaderElection } from './runtime/lease.ts'
import { Queue } from './runtime/queue.ts'
import type { Change } from './cache/store.ts'
import { keyOf } from './runtime/types.ts'
import { announcer } from './status/announce.ts'
import { concernedBy } from './cache/concerned.ts'
import { askByProxy, askDirectly } from './observe/health.ts'
import { serveProbes, type ProbeServer } from './runtime/probes.ts'
import { createMetrics } from './runtime/metrics.ts'
import { nameOf } from './plan/plan.ts'
import { reconcile } from './reconcile/reconcile.ts'
import type { Operator } from './reconcile/operator.ts'
import { readyOf } from './status/status.ts'
import { Watches } from './cache/watches.ts'
import { World, type ChatAppObject } from './cache/world.ts'

const WORKERS = 8
/** Below the pod's grace period of 30 s, so that the lease is still released. */
const SHUTDOWN_MS = 15_000

export interface RunOptions {
  /** Path of a kubeconfig; without one, `KUBECONFIG`, the pod's service account, or `~/.kube/config`. */
  readonly kubeconfig?: string
  readonly watchNamespaces: readonly string[]
  /** Unique among the candidates for the lease. Default: host name and process id. */
  readonly identity?: string
  /** Namespace of the lease. */
  readonly namespace?: string
  /** Port of `/metrics`, `/healthz` and `/readyz`; 0 picks a free one, absent serves none. */
  readonly metricsPort?: number
  readonly lease?: { readonly durationMs: number; readonly renewDeadlineMs: number; readonly retryMs: number }
  readonly log?: Logger
  /** How unready pods are asked: at their own address, or through the API server. Default: the former inside a cluster. */
  readonly podAccess?: 'direct' | 'proxy'
  /** Ends the operator, as `stop` does. */
  readonly signal?: AbortSignal
  /** Hears of every request to the API server. */
  readonly onRequest?: (record: RequestRecord) => void
}

export interface RunningOperator {
  readonly identity: string
  /** The port of the probes, where there is one. */
  readonly port: number | undefined
  /** Resolves when this process leads and has seen every object once. */
  readonly leading: Promise<void>
  /** Resolves when the operator has ended: after `stop`, or with an error after the lease was lost. */
  readonly done: Promise<void>
  isReady(): boolean
  /** Finishes the present reconciliations (at most 15 s), releases the lease, and ends. */
  stop(): Promise<void>
}

/**
 * Runs the operator in this process until it is stopped.
 * @throws Error when there is no cluster to talk to, or the port is taken
 */
export async function run(options: RunOptions): Promise<RunningOperator> {
  const { watchNamespaces, namespace = 'chat-app-system', log = pino({ level: 'silent' }) } = options
  const identity = options.identity ?? `${hostname()}_${process.pid}`
  const fence = new AbortController()
  const credentials = loadCredentials(options.kubeconfig)
  const metrics = createMetrics({ queueDepth: () => queue.depth, isLeader: () => election.isLeader })
  const client = createClient({ credentials, signal: fence.signal, onRequest })
  const podAccess = options.podAccess ?? (client.inCluster ? 'direct' : 'proxy')
  const world = new World()
  const discovery = new Discovery(client)
  const events = new EventRecorder(client, identity, (error) => log.warn({ err: error }, 'an event was not written'))
  const podAgent = new Agent({ connections: 4, keepAliveTimeout: 1000, connectTimeout: 2000 })
  const watches = new Watches({
    client,
    namespaces: watchNamespaces,
    world,
    onChange,
    onError: (kind, where, error, retryInMs) =>
      log.warn({ kind, namespace: where, err: error, retryInMs }, 'a watch failed'),
    onSynced: (where) => {
      for (const chatApp of world.chatApps()) if (chatApp.metadata.namespace === where) queue.add(keyOf(chatApp))
    },
    onWatch: metrics.watched,
  })
  const queue: Queue = new Queue({ workers: WORKERS, handle, onError })
  const election = new LeaderElection({
    client,
    namespace,
    name: 'chat-app-operator',
    identity,
    onError: (error) => log.warn({ err: error }, 'the lease was not written'),
    ...options.lease,
  })
  const operator: Operator = {
    client,
    world,
    kinds,
    askPod: podAccess === 'direct' ? askDirectly(podAgent) : askByProxy(client),
    memory: { failedRuns: new Map(), normalized: new Map() },
    ...announcer(events, log),
    onNormalized: (object, paths) =>
      log.warn({ kind: object.kind, object: keyOf(object), paths }, 'the server wrote a field in its own way'),
    now: () => new Date(),
  }

  function onRequest(record: RequestRecord): void {
    metrics.requested(record)
    for (const warning of record.warnings) log.warn({ path: record.path }, warning)
    options.onRequest?.(record)
  }

  function onChange(change: Change): void {
    for (const key of concernedBy(change, world)) queue.add(key)
    if (change.type === 'deleted') operator.memory.normalized.delete(nameOf(change.object))
    if (change.type !== 'deleted' || change.object.kind !== KIND) return
    operator.memory.failedRuns.delete(change.object.metadata.uid ?? '')
    metrics.ready(change.object.metadata.namespace ?? '', change.object.metadata.name, undefined)
  }

  async function kinds() {
    const found = await discovery.kinds()
    await watches.follow(found)
    return found
  }

  async function handle(key: string): Promise<void> {
    // It is added again when the first lists of its namespace have come.
    if (!watches.serves(key.slice(0, key.indexOf('/')))) return
    const startMs = performance.now()
    const next = await reconcile(key, operator)
    metrics.reconciled(next.type, (performance.now() - startMs) / 1000)
    const chatApp = world.chatApp(key)
    if (chatApp !== undefined) recordReady(chatApp)
    if (next.type === 'retry') {
      queue.addAfterFailure(key)
      return
    }
    queue.forget(key)
    if (next.type === 'after') queue.addAfter(key, next.ms)
  }

  function recordReady({ metadata: { namespace, name }, status }: ChatAppObject): void {
    const ready = readyOf(status)
    metrics.ready(namespace, name, { isReady: ready?.status === 'True', reason: ready?.reason ?? 'Unknown' })
  }

  function onError(key: string, error: unknown): void {
    metrics.reconciled('error', 0)
    const retryInMs = queue.addAfterFailure(key)
    log.warn({ chatApp: key, err: error, retryInMs }, 'a reconciliation failed')
  }

  const probes = await serve(options.metricsPort, () => watches.isSynced && !fence.signal.aborted, metrics)
  const ended = Promise.withResolvers<void>()
  ended.promise.catch(() => {})
  let stopping: Promise<void> | undefined

  async function end(reason?: Error): Promise<void> {
    // Whoever lost the lease must not finish anything: another one is at work already.
    if (reason !== undefined) fence.abort(reason)
    const isFinished = await queue.stop(reason === undefined ? SHUTDOWN_MS : 0)
    if (!isFinished) log.warn('a reconciliation did not end in time')
    // What still runs may still write: the next leader waits until the lease has expired.
    await election.stop({ release: isFinished })
    await watches.stop()
    await probes?.close()
    fence.abort(new Error('the operator was stopped'))
    await Promise.allSettled([client.close(), podAgent.destroy()])
    if (reason === undefined) ended.resolve()
    else ended.reject(reason)
  }

  async function lead(): Promise<void> {
    await Promise.all([election.elected, synced])
    log.info({ identity, watchNamespaces }, 'leading')
    queue.start()
  }

  const stop = (): Promise<void> => (stopping ??= end())
  void election.lost.then((reason) => (stopping ??= end(reason)))
  options.signal?.addEventListener('abort', () => void stop(), { once: true })

  election.start()
  const synced = watches.start()
  synced.catch(() => {})
  const leading = lead()
  leading.catch(() => {})

  return { identity, port: probes?.port, leading, done: ended.promise, isReady: () => watches.isSynced, stop }
}

async function serve(
  port: number | undefined,
  isReady: () => boolean,
  { registry }: ReturnType<typeof createMetrics>,
): Promise<ProbeServer | undefined> {
  if (port === undefined) return undefined
  const metrics = async () => ({ contentType: registry.contentType, body: await registry.metrics() })
  return serveProbes({ port, isReady, metrics })
}
