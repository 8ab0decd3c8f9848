import { hostname } from 'node:os'
import { pino, type Logger } from 'pino'
import { SHUTDOWN_MS } from './limits.ts'
import { podAccess } from './observe/pod-access.ts'
import type { UrgentFix } from '@chat-app/chat/release'
import { Controller } from './reconcile/controller.ts'
import { createClient, type Client } from './runtime/client.ts'
import { loadCredentials } from './runtime/credentials.ts'
import { EventRecorder } from './runtime/events.ts'
import { LeaderElection } from './runtime/lease.ts'
import { createMetrics, type Metrics } from './runtime/metrics.ts'
import { serveProbes, type ProbeServer } from './runtime/probes.ts'
import type { RequestRecord } from './runtime/transport.ts'
import { announcer } from './status/announce.ts'

const LEASE_NAME = 'chat-app-operator'
const DEFAULT_NAMESPACE = 'chat-app-system'

export interface RunOptions {
  /** Path of a kubeconfig. @default `KUBECONFIG`, the pod's service account, or `~/.kube/config` */
  readonly kubeconfig?: string
  readonly watchNamespaces: readonly string[]
  /** Unique among the candidates for the lease. @default host name and process id */
  readonly identity?: string
  /** Namespace of the lease. @default chat-app-system */
  readonly namespace?: string
  /** Port of `/metrics`, `/healthz` and `/readyz`; 0 picks a free one. Without a port they are not served. */
  readonly metricsPort?: number
  /** @default 15 s, 10 s and 2 s */
  readonly lease?: { readonly durationMs: number; readonly renewDeadlineMs: number; readonly retryMs: number }
  /** @default no log */
  readonly log?: Logger
  /** How often it is asked which kinds the cluster serves, while there is a ChatApp. @default 60,000 */
  readonly discoveryIntervalMs?: number
  /** How often a database or Redis cluster that the operator may not watch is asked. @default 30,000 */
  readonly clusterAskMs?: number
  /** Faults of former operators' pods that are mended at once. @default those of this release */
  readonly urgentFixes?: readonly UrgentFix[]
  /** How pods are asked for their health: at their own address, or through the API server. @default direct inside a cluster */
  readonly podAccess?: 'direct' | 'proxy'
  /** Stops the operator when it is aborted. */
  readonly signal?: AbortSignal
  /** Called after every request to the API server. */
  readonly onRequest?: (record: RequestRecord) => void
}

export interface RunningOperator {
  readonly identity: string
  /** The port of the probes, if they are served. */
  readonly port: number | undefined
  /** Resolves when this process holds the lease and has listed every namespace. */
  readonly leading: Promise<void>
  /** Resolves when the operator has stopped; rejects when it has ended because the lease was lost. */
  readonly done: Promise<void>
  isReady(): boolean
  /** Finishes the running reconciliations (at most 15 s), releases the lease, and stops. */
  stop(): Promise<void>
}

/**
 * Runs the operator in this process until it is stopped.
 *
 * @throws Error when no cluster is configured, or the port is in use
 */
export async function run(options: RunOptions): Promise<RunningOperator> {
  const { watchNamespaces, namespace = DEFAULT_NAMESPACE, log = pino({ level: 'silent' }) } = options
  const identity = options.identity ?? `${hostname()}_${process.pid}`
  const fence = new AbortController()
  const metrics = createMetrics({ queueDepth: () => controller.queueDepth, isLeader: () => election.isLeader })
  const client = createClient({
    credentials: loadCredentials(options.kubeconfig),
    signal: fence.signal,
    onRequest: recorderOf(options, metrics, log),
  })
  const pods = podAccess(options.podAccess ?? (client.inCluster ? 'direct' : 'proxy'), client)
  const events = new EventRecorder(client, identity, (error) => log.warn({ err: error }, 'an event was not written'))
  const controller = new Controller({
    client,
    watchNamespaces,
    askPod: pods.ask,
    announcer: announcer(events, log),
    metrics,
    log,
    discoveryIntervalMs: options.discoveryIntervalMs,
    clusterAskMs: options.clusterAskMs,
    urgentFixes: options.urgentFixes,
  })
  const election = new LeaderElection({
    client,
    namespace,
    name: LEASE_NAME,
    identity,
    onError: (error) => log.warn({ err: error }, 'the lease was not written'),
    ...options.lease,
  })
  const probes = await serve(options.metricsPort, () => controller.isSynced && !fence.signal.aborted, metrics)
  const { stop, done } = shutdownOf({ controller, election, probes, client, pods, fence, log })
  options.signal?.addEventListener('abort', () => void stop(), { once: true })
  const leading = lead(controller, election).then(() => log.info({ identity, watchNamespaces }, 'leading'))
  leading.catch(() => {})
  return { identity, port: probes?.port, leading, done, isReady: () => controller.isSynced, stop }
}

function recorderOf({ onRequest }: RunOptions, metrics: Metrics, log: Logger): (record: RequestRecord) => void {
  return (record) => {
    metrics.requested(record)
    for (const warning of record.warnings) log.warn({ path: record.path }, warning)
    onRequest?.(record)
  }
}

async function serve(
  port: number | undefined,
  isReady: () => boolean,
  { registry }: Metrics,
): Promise<ProbeServer | undefined> {
  if (port === undefined) return undefined
  const metrics = async () => ({ contentType: registry.contentType, body: await registry.metrics() })
  return serveProbes({ port, isReady, metrics })
}

/** Watches as every candidate does, and reconciles once it leads. */
async function lead(controller: Controller, election: LeaderElection): Promise<void> {
  election.start()
  await Promise.all([election.elected, controller.watch()])
  controller.start()
}

interface Parts {
  readonly controller: Controller
  readonly election: LeaderElection
  readonly probes: ProbeServer | undefined
  readonly client: Client
  readonly pods: { close(): Promise<void> }
  /** Aborts every request of the client. */
  readonly fence: AbortController
  readonly log: Logger
}

/** Stops the operator once: when `stop` is called, or when the lease is lost, which rejects `done`. */
function shutdownOf(parts: Parts): { stop: () => Promise<void>; done: Promise<void> } {
  const ended = Promise.withResolvers<void>()
  ended.promise.catch(() => {})
  let stopping: Promise<void> | undefined

  async function shutDown(lost?: Error): Promise<void> {
    await end(parts, lost)
    if (lost === undefined) ended.resolve()
    else ended.reject(lost)
  }

  void parts.election.lost.then((reason) => (stopping ??= shutDown(reason)))
  return { stop: () => (stopping ??= shutDown()), done: ended.promise }
}

/** Ends the parts in the order in which they depend on each other. @param lost why the lease was lost */
async function end(
  { controller, election, probes, client, pods, fence, log }: Parts,
  lost: Error | undefined,
): Promise<void> {
  // A new leader is at work already, so nothing may be written any more.
  if (lost !== undefined) fence.abort(lost)
  const isFinished = await controller.finish(lost === undefined ? SHUTDOWN_MS : 0)
  if (!isFinished) log.warn('a reconciliation did not end in time')
  // A reconciliation that has not ended may still write: the next leader has to wait until the lease expires.
  await election.stop({ release: isFinished })
  await controller.stop()
  await probes?.close()
  fence.abort(new Error('the operator was stopped'))
  await Promise.allSettled([client.close(), pods.close()])
}
