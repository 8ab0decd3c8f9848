import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { RequestRecord } from './transport.ts'

/** The metrics of a running operator, which `/metrics` serves. */
export interface Metrics {
  readonly registry: Registry
  readonly reconciled: (outcome: 'done' | 'after' | 'retry' | 'error', seconds: number) => void
  readonly requested: (record: RequestRecord) => void
  readonly watched: (kind: string, event: string) => void
  /** Sets the metrics of one ChatApp from its condition Ready; undefined removes them. */
  readonly ready: (namespace: string, name: string, state: ReadyState | undefined) => void
}

export interface ReadyState {
  readonly isReady: boolean
  /** The reason of the condition. */
  readonly reason: string
}

export interface Gauges {
  readonly queueDepth: () => number
  readonly isLeader: () => boolean
}

export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const durations = new Histogram({
    name: 'chat_app_operator_reconcile_duration_seconds',
    help: 'Duration of one reconciliation, by outcome.',
    labelNames: ['outcome'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  })
  const requests = new Counter({
    name: 'chat_app_operator_api_requests_total',
    help: 'Requests to the API server, by verb and HTTP status; 0 means no answer.',
    labelNames: ['verb', 'code'],
    registers,
  })
  const watches = new Counter({
    name: 'chat_app_operator_watch_events_total',
    help: 'Watches that were opened, expired, stalled or failed, by kind.',
    labelNames: ['kind', 'event'],
    registers,
  })
  observe(registers, 'chat_app_operator_queue_depth', 'ChatApps that wait for a worker.', gauges.queueDepth)
  observe(registers, 'chat_app_operator_leader', '1 while this process holds the lease.', () =>
    Number(gauges.isLeader()),
  )
  observe(registers, 'process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  return {
    registry,
    reconciled: (outcome, seconds) => durations.observe({ outcome }, seconds),
    requested: ({ verb, code }) => requests.inc({ verb, code: String(code) }),
    watched: (kind, event) => watches.inc({ kind, event }),
    ready: readyMetrics(registers),
  }
}

/** Two gauges of each ChatApp: whether it is ready, and the reason why it is not. */
function readyMetrics(registers: Registry[]): Metrics['ready'] {
  const ready = new Gauge({
    name: 'chat_app_ready',
    help: '1 for a ChatApp that is ready, 0 for one that is not.',
    labelNames: ['namespace', 'name'],
    registers,
  })
  const waiting = new Gauge({
    name: 'chat_app_waiting',
    help: '1 for a ChatApp that is not ready, with the reason of its condition Ready.',
    labelNames: ['namespace', 'name', 'reason'],
    registers,
  })
  const reasons = new Map<string, string>()
  return (namespace, name, state) => {
    const key = `${namespace}/${name}`
    const before = reasons.get(key)
    if (before !== undefined) waiting.remove({ namespace, name, reason: before })
    reasons.delete(key)
    if (state === undefined) return ready.remove({ namespace, name })
    ready.set({ namespace, name }, Number(state.isReady))
    if (state.isReady) return
    reasons.set(key, state.reason)
    waiting.set({ namespace, name, reason: state.reason }, 1)
  }
}

/** Adds a gauge that is read when the metrics are. */
function observe(registers: Registry[], name: string, help: string, read: () => number): void {
  // A gauge adds itself to its registers, which read it by `collect`.
  void new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read())
    },
  })
}
