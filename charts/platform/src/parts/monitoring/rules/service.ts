import type { RuleGroup } from './rule.ts'
import { THRESHOLDS } from './thresholds.ts'

/** Alerts on the chat services, by their own metrics. */
export function serviceRules(namespace: string): RuleGroup {
  const at = `namespace="${namespace}"`
  return {
    name: 'service',
    recordings: [{ record: 'chat:users:sum', expr: `sum(chat_users{${at}})` }],
    alerts: [...processRules(at), ...messageRules(at), ...userRules(at), ...dependencyRules(at)],
  }
}

function processRules(at: string): RuleGroup['alerts'] {
  const { heapRatio, longCollection, longCollectionsPerMinute, eventLoopRatio, eventLoopLag } = THRESHOLDS
  const major = `${at},kind="major"`
  return [
    {
      name: 'ChatNodeDown',
      severity: 'critical',
      expr: `up{${at}} == 0`,
      for: '2m',
      summary: 'A process of a chat service is down',
      description: '{{ $labels.pod }} ({{ $labels.job }}) has not answered Prometheus for 2 minutes.',
    },
    {
      name: 'ChatNodeUnhealthy',
      severity: 'critical',
      expr: `min by (namespace, pod, component) (chat_health{${at},component!="redis"}) == 0`,
      for: '2m',
      summary: 'The health endpoint of a chat process reports DOWN',
      description: '{{ $labels.pod }} reports {{ $labels.component }} as DOWN and accepts no new users.',
    },
    {
      name: 'ChatReplicasMissing',
      severity: 'warning',
      expr: `kube_deployment_spec_replicas{${at}} - kube_deployment_status_replicas_available{${at}} > 0`,
      for: '15m',
      summary: 'A chat Deployment has too few available pods',
      description: '{{ $labels.deployment }} lacks {{ $value }} pods.',
    },
    {
      name: 'ChatHeapHigh',
      severity: 'warning',
      expr: `nodejs_heap_size_used_bytes{${at}} / chat_heap_limit_bytes{${at}} > ${heapRatio}`,
      for: '5m',
      summary: 'A chat process has little heap left',
      description: '{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its heap limit.',
    },
    {
      name: 'ChatLongGarbageCollections',
      severity: 'warning',
      expr: `60 * (
  rate(nodejs_gc_duration_seconds_count{${major}}[5m])
  - ignoring (le) rate(nodejs_gc_duration_seconds_bucket{${major},le="${longCollection}"}[5m])
) > ${longCollectionsPerMinute}`,
      for: '5m',
      summary: 'A chat process pauses often for garbage collection',
      description: '{{ $labels.pod }}: {{ $value | humanize }} major collections a minute of more than 0.1 s.',
    },
    {
      name: 'ChatEventLoopBusy',
      severity: 'warning',
      expr: `rate(nodejs_eventloop_utilization_histogram_sum{${at}}[5m])
  / rate(nodejs_eventloop_utilization_histogram_count{${at}}[5m]) > ${eventLoopRatio}`,
      for: '5m',
      summary: 'The event loop of a chat process is busy',
      description: 'The event loop of {{ $labels.pod }} is busy {{ $value | humanizePercentage }} of the time.',
    },
    {
      name: 'ChatEventLoopLag',
      severity: 'warning',
      expr: `nodejs_eventloop_lag_p99_seconds{${at}} > ${eventLoopLag}`,
      for: '5m',
      summary: 'The event loop of a chat process is slow',
      description: 'The 99th percentile of the event loop lag of {{ $labels.pod }} is {{ $value | humanizeDuration }}.',
    },
  ]
}

function messageRules(at: string): RuleGroup['alerts'] {
  const { messageSeconds, broadcastSeconds, apiSeconds, apiErrorRatio } = THRESHOLDS
  return [
    {
      name: 'ChatMessageLatencyHigh',
      severity: 'critical',
      expr: `sum(rate(chat_message_seconds_sum{${at}}[5m])) / sum(rate(chat_message_seconds_count{${at}}[5m])) > ${messageSeconds}`,
      for: '5m',
      summary: 'Messages are acknowledged slowly',
      description: 'The average time from receipt to acknowledgement is {{ $value | humanizeDuration }}.',
    },
    {
      name: 'ChatBroadcastSlow',
      severity: 'warning',
      expr: `histogram_quantile(0.95, sum by (le) (rate(chat_broadcast_seconds_bucket{${at}}[5m]))) > ${broadcastSeconds}`,
      for: '5m',
      summary: 'Broadcasts through Redis are slow',
      description: 'The 95th percentile of a broadcast is {{ $value | humanizeDuration }}.',
    },
    {
      name: 'ChatBroadcastsLost',
      severity: 'warning',
      expr: `sum(rate(chat_events_healed_total{${at}}[5m])) > 1`,
      for: '5m',
      summary: 'Broadcasts through Redis are lost',
      description:
        '{{ $value | humanize }} messages a second did not arrive through Redis and were read late from the database.',
    },
    {
      name: 'ChatApiSlow',
      severity: 'warning',
      expr: `histogram_quantile(0.95, sum by (le, method, route) (rate(chat_http_request_seconds_bucket{${at}}[5m]))) > ${apiSeconds}`,
      for: '10m',
      summary: 'The HTTP API answers slowly',
      description:
        'The 95th percentile of {{ $labels.method }} {{ $labels.route }} is {{ $value | humanizeDuration }}.',
    },
    {
      name: 'ChatApiErrors',
      severity: 'critical',
      expr: `sum(rate(chat_http_request_seconds_count{${at},status=~"5.."}[5m])) / sum(rate(chat_http_request_seconds_count{${at}}[5m])) > ${apiErrorRatio}`,
      for: '5m',
      summary: 'Many requests to the HTTP API fail',
      description: '{{ $value | humanizePercentage }} of the responses have a status of 500 or above.',
    },
  ]
}

function userRules(at: string): RuleGroup['alerts'] {
  const { usersChangeRatio, usersLeast, connectionsRatio } = THRESHOLDS
  const before = 'avg_over_time(chat:users:sum[1h] offset 10m)'
  return [
    {
      name: 'ChatOnlineUsersUnusual',
      severity: 'warning',
      expr: `(chat:users:sum / ${before} - 1 > ${usersChangeRatio}
  or chat:users:sum / ${before} - 1 < -${usersChangeRatio})
and ${before} > ${usersLeast}`,
      for: '5m',
      summary: 'The number of online users changed unusually',
      description:
        'The number of online users changed by {{ $value | humanizePercentage }} compared with the hour before.',
    },
    {
      name: 'ChatConnectionsHigh',
      severity: 'warning',
      expr: `chat_connections{${at}} / chat_connections_limit{${at}} > ${connectionsRatio}`,
      for: '5m',
      summary: 'A WebSocket process is close to its connection limit',
      description:
        '{{ $labels.pod }} has {{ $value | humanizePercentage }} of its connections in use; at the limit it rejects users.',
    },
    {
      name: 'ChatConnectionsRefused',
      severity: 'warning',
      expr: `sum by (code) (rate(chat_upgrades_refused_total{${at},code!="unauthorized"}[5m])) > 1`,
      for: '5m',
      summary: 'WebSocket connections are rejected',
      description: '{{ $value | humanize }} connections a second are rejected with {{ $labels.code }}.',
    },
  ]
}

function dependencyRules(at: string): RuleGroup['alerts'] {
  const { databasePoolRatio } = THRESHOLDS
  return [
    {
      name: 'ChatDatabasePoolHigh',
      severity: 'warning',
      expr: `chat_database_connections{${at}} / chat_database_connections_limit{${at}} > ${databasePoolRatio}`,
      for: '5m',
      summary: 'A chat process uses nearly all its database connections',
      description:
        '{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its database connections; further callers wait.',
    },
    {
      name: 'ChatDatabaseWritesRetried',
      severity: 'warning',
      expr: `sum(rate(chat_write_retries_total{${at}}[5m])) > 1`,
      for: '5m',
      summary: 'Messages are written only after retries',
      description:
        '{{ $value | humanize }} batches a second are retried: the database times out, is unreachable, or rejects them.',
    },
    {
      name: 'ChatRedisUnavailable',
      severity: 'critical',
      expr: `min by (namespace, pod) (chat_health{${at},component="redis"}) == 0`,
      for: '1m',
      summary: 'A chat process cannot reach Redis',
      description:
        '{{ $labels.pod }} has no working connection to Redis: its messages arrive late, through the database.',
    },
    {
      name: 'ChatRedisErrors',
      severity: 'warning',
      expr: `sum(rate(chat_publish_failures_total{${at}}[5m])) > 0.1`,
      for: '5m',
      summary: 'Broadcasts to Redis fail',
      description: '{{ $value | humanize }} broadcasts a second fail.',
    },
  ]
}
