import { around, constant, counter, step, type Case, type Series } from './case.ts'

const pod = 'namespace="chat-app",pod="chat-app-websocket-0",job="chat-app-websocket"'
const of = (name: string, labels = '') => `${name}{${pod}${labels === '' ? '' : `,${labels}`}}`

interface Observations {
  /** Upper bounds of the bucket at the threshold, and of the next one. */
  readonly bounds: readonly [string, string]
  /** Observations per minute. */
  readonly total: number
  /** Observations per minute in the first bucket. */
  readonly within: number
  readonly labels?: string
}

/** The series of a histogram. */
function histogram(name: string, { bounds, total, within, labels = '' }: Observations): Series[] {
  const more = labels === '' ? '' : `,${labels}`
  return [
    counter(of(`${name}_bucket`, `le="${bounds[0]}"${more}`), within),
    counter(of(`${name}_bucket`, `le="${bounds[1]}"${more}`), total),
    counter(of(`${name}_bucket`, `le="+Inf"${more}`), total),
    counter(of(`${name}_count`, labels), total),
  ]
}

const ratio = (used: string, limit: string) => (percent: number) => [
  constant(of(used), percent),
  constant(of(limit), 100),
]
const average = (name: string) => (perObservation: number) => [
  counter(of(`${name}_sum`), 100 * perObservation),
  counter(of(`${name}_count`), 100),
]
/** Observations of which `slow` of 100 exceed the first bound. The threshold is 5: the alerts use the 95th percentile. */
const quantile =
  (name: string, bounds: readonly [string, string], labels = '') =>
  (slow: number) =>
    histogram(name, { bounds, total: 100, within: 100 - slow, labels })

const users = (before: number, after: number) => [step(of('chat_users'), { before, after, at: 80 })]
const requests = (failed: number) => [
  counter(of('chat_http_request_seconds_count', 'method="GET",route="/api",status="200"'), 100 - failed),
  counter(of('chat_http_request_seconds_count', 'method="GET",route="/api",status="503"'), failed),
]

export const serviceCases: readonly Case[] = [
  around('ChatNodeDown', (up) => [constant(of('up'), up)], { above: 0, below: 1 }),
  {
    alert: 'ChatNodeUnhealthy',
    fires: [[constant(of('chat_health', 'component="db"'), 0), constant(of('chat_health', 'component="ping"'), 1)]],
    quiet: [
      [constant(of('chat_health', 'component="db"'), 1)],
      // Redis has the alert ChatRedisUnavailable: a pod accepts users without it.
      [constant(of('chat_health', 'component="redis"'), 0)],
    ],
  },
  around(
    'ChatReplicasMissing',
    (available) => [
      constant('kube_deployment_spec_replicas{namespace="chat-app",deployment="chat-app-api"}', 3),
      constant('kube_deployment_status_replicas_available{namespace="chat-app",deployment="chat-app-api"}', available),
    ],
    { above: 2, below: 3 },
  ),
  around('ChatHeapHigh', ratio('nodejs_heap_size_used_bytes', 'chat_heap_limit_bytes'), { above: 81, below: 79 }),
  {
    alert: 'ChatLongGarbageCollections',
    fires: [
      histogram('nodejs_gc_duration_seconds', { bounds: ['0.1', '1'], total: 10, within: 8, labels: 'kind="major"' }),
    ],
    quiet: [
      histogram('nodejs_gc_duration_seconds', { bounds: ['0.1', '1'], total: 10, within: 9, labels: 'kind="major"' }),
      histogram('nodejs_gc_duration_seconds', { bounds: ['0.1', '1'], total: 10, within: 0, labels: 'kind="minor"' }),
    ],
  },
  around('ChatEventLoopBusy', average('nodejs_eventloop_utilization_histogram'), { above: 0.81, below: 0.79 }),
  around('ChatEventLoopLag', (lag) => [constant(of('nodejs_eventloop_lag_p99_seconds'), lag)], {
    above: 0.21,
    below: 0.19,
  }),
  around('ChatMessageLatencyHigh', average('chat_message_seconds'), { above: 0.51, below: 0.49 }),
  around('ChatBroadcastSlow', quantile('chat_broadcast_seconds', ['0.25', '0.5']), { above: 6, below: 4 }),
  around('ChatBroadcastsLost', (perMinute) => [counter(of('chat_events_healed_total'), perMinute)], {
    above: 66,
    below: 54,
  }),
  around('ChatEpochRaised', (perMinute) => [counter(of('chat_epochs_raised_total'), perMinute)], {
    above: 1,
    below: 0,
  }),
  around('ChatCounterRepaired', (perMinute) => [counter(of('chat_counters_repaired_total'), perMinute)], {
    above: 1,
    below: 0,
  }),
  around('ChatOutboxLate', (seconds) => [constant(of('chat_outbox_age_seconds', 'consumer="a"'), seconds)], {
    above: 301,
    below: 299,
  }),
  around('ChatOutboxDeep', (rows) => [constant(of('chat_outbox_rows', 'consumer="a"'), rows)], {
    above: 100_001,
    below: 100_000,
  }),
  around('ChatOutboxDropped', (perMinute) => [counter(of('chat_outbox_dropped_total', 'consumer="a"'), perMinute)], {
    above: 1,
    below: 0,
  }),
  around('ChatOutboxFailed', (rows) => [constant(of('chat_outbox_failed_rows', 'consumer="a"'), rows)], {
    above: 1,
    below: 0,
  }),
  around('ChatApiSlow', quantile('chat_http_request_seconds', ['1', '2.5'], 'method="GET",route="/api",status="200"'), {
    above: 6,
    below: 4,
  }),
  around('ChatApiErrors', requests, { above: 6, below: 4 }),
  {
    alert: 'ChatOnlineUsersUnusual',
    begins: 80,
    at: 88,
    fires: [users(1000, 1250), users(1000, 750)],
    quiet: [users(1000, 1150), users(1000, 850), users(40, 80)],
  },
  around('ChatConnectionsHigh', ratio('chat_connections', 'chat_connections_limit'), { above: 81, below: 79 }),
  {
    alert: 'ChatConnectionsRefused',
    fires: [[counter(of('chat_upgrades_refused_total', 'code="unavailable"'), 66)]],
    quiet: [
      [counter(of('chat_upgrades_refused_total', 'code="unavailable"'), 54)],
      [counter(of('chat_upgrades_refused_total', 'code="unauthorized"'), 600)],
    ],
  },
  around('ChatDatabasePoolHigh', ratio('chat_database_connections', 'chat_database_connections_limit'), {
    above: 81,
    below: 79,
  }),
  around('ChatDatabaseWritesRetried', (perMinute) => [counter(of('chat_write_retries_total'), perMinute)], {
    above: 66,
    below: 54,
  }),
  around('ChatRedisUnavailable', (up) => [constant(of('chat_health', 'component="redis"'), up)], {
    above: 0,
    below: 1,
  }),
  around('ChatRedisErrors', (perMinute) => [counter(of('chat_publish_failures_total'), perMinute)], {
    above: 7,
    below: 5,
  }),
]
