import type { RuleGroup } from './rule.ts'
import { thresholds } from './thresholds.ts'

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
  const { heapRatio, longCollection, longCollectionsPerMinute, eventLoopRatio, eventLoopLag } = thresholds
  const major = `${at},kind="major"`
  return [
    {
      name: 'ChatNodeDown',
      severity: 'critical',
      expr: `up{${at}} == 0`,
      for: '2m',
      summary: 'A process of the chat service does not answer',
      description: '{{ $labels.pod }} ({{ $labels.job }}) has not answered Prometheus for 2 minutes.',
    },
    {
      name: 'ChatNodeUnhealthy',
      severity: 'critical',
      expr: `min by (namespace, pod, component) (chat_health{${at},component!="redis"}) == 0`,
      for: '2m',
      summary: 'The health endpoint of a chat process says DOWN',
      description: '{{ $labels.pod }} says DOWN of {{ $labels.component }} and takes no new users.',
    },
    {
      name: 'ChatReplicasMissing',
      severity: 'warning',
      expr: `kube_deployment_spec_replicas{${at}} - kube_deployment_status_replicas_available{${at}} > 0`,
      for: '15m',
      summary: 'A chat Deployment has had too few pods for long',
      description: '{{ $labels.deployment }} misses {{ $value }} of its pods.',
    },
    {
      name: 'ChatHeapHigh',
      severity: 'warning',
      expr: `nodejs_heap_size_used_bytes{${at}} / chat_heap_limit_bytes{${at}} > ${heapRatio}`,
      for: '5m',
      summary: 'A chat process has little heap left',
      description: '{{ $labels.pod }} uses {{ $value | humanizePercentage }} of the heap that it may take.',
    },
    {
      name: 'ChatLongGarbageCollections',
      severity: 'warning',
      expr: `60 * (
  rate(nodejs_gc_duration_seconds_count{${major}}[5m])
  - ignoring (le) rate(nodejs_gc_duration_seconds_bucket{${major},le="${longCollection}"}[5m])
) > ${longCollectionsPerMinute}`,
      for: '5m',
      summary: 'A chat process stops for its garbage collection again and again',
      description: '{{ $labels.pod }}: {{ $value | humanize }} major collections a minute of more than 0.1 s.',
    },
    {
      name: 'ChatEventLoopBusy',
      severity: 'warning',
      expr: `rate(nodejs_eventloop_utilization_histogram_sum{${at}}[5m])
  / rate(nodejs_eventloop_utilization_histogram_count{${at}}[5m]) > ${eventLoopRatio}`,
      for: '5m',
      summary: 'A chat process has nearly no idle time left',
      description: 'The event loop of {{ $labels.pod }} is busy {{ $value | humanizePercentage }} of the time.',
    },
    {
      name: 'ChatEventLoopLag',
      severity: 'warning',
      expr: `nodejs_eventloop_lag_p99_seconds{${at}} > ${eventLoopLag}`,
      for: '5m',
      summary: 'A chat process keeps its clients waiting',
      description:
        'One turn in a hundred of the event loop of {{ $labels.pod }} comes {{ $value | humanizeDuration }} late.',
    },
  ]
}

function messageRules(at: string): RuleGroup['alerts'] {
  const { messageSeconds, broadcastSeconds, apiSeconds, apiErrorRatio } = thresholds
  return [
    {
      name: 'ChatMessageLatencyHigh',
      severity: 'critical',
      expr: `sum(rate(chat_message_seconds_sum{${at}}[5m])) / sum(rate(chat_message_seconds_count{${at}}[5m])) > ${messageSeconds}`,
      for: '5m',
      summary: 'Messages are acknowledged slowly',
      description: 'From receipt to acknowledgement a message takes {{ $value | humanizeDuration }} on average.',
    },
    {
      name: 'ChatBroadcastSlow',
      severity: 'warning',
      expr: `histogram_quantile(0.95, sum by (le) (rate(chat_broadcast_seconds_bucket{${at}}[5m]))) > ${broadcastSeconds}`,
      for: '5m',
      summary: 'Redis carries messages slowly from pod to pod',
      description: 'One message in twenty takes more than {{ $value | humanizeDuration }} by way of Redis.',
    },
    {
      name: 'ChatBroadcastsLost',
      severity: 'warning',
      expr: `sum(rate(chat_events_healed_total{${at}}[5m])) > 1`,
      for: '5m',
      summary: 'Messages reach other pods only by way of the database',
      description: '{{ $value | humanize }} messages a second were not brought by Redis and come late.',
    },
    {
      name: 'ChatApiSlow',
      severity: 'warning',
      expr: `histogram_quantile(0.95, sum by (le, method, route) (rate(chat_http_request_seconds_bucket{${at}}[5m]))) > ${apiSeconds}`,
      for: '10m',
      summary: 'The HTTP API answers slowly',
      description:
        'One in twenty of {{ $labels.method }} {{ $labels.route }} takes more than {{ $value | humanizeDuration }}.',
    },
    {
      name: 'ChatApiErrors',
      severity: 'critical',
      expr: `sum(rate(chat_http_request_seconds_count{${at},status=~"5.."}[5m])) / sum(rate(chat_http_request_seconds_count{${at}}[5m])) > ${apiErrorRatio}`,
      for: '5m',
      summary: 'The HTTP API fails',
      description: '{{ $value | humanizePercentage }} of the requests are answered with a status of 500 or above.',
    },
  ]
}

function userRules(at: string): RuleGroup['alerts'] {
  const { usersChangeRatio, usersLeast, connectionsRatio } = thresholds
  const before = 'avg_over_time(chat:users:sum[1h] offset 10m)'
  return [
    {
      name: 'ChatOnlineUsersUnusual',
      severity: 'warning',
      expr: `(chat:users:sum / ${before} - 1 > ${usersChangeRatio}
  or chat:users:sum / ${before} - 1 < -${usersChangeRatio})
and ${before} > ${usersLeast}`,
      for: '5m',
      summary: 'Unusually many users came or went',
      description: 'The number of online users changed by {{ $value | humanizePercentage }} against the hour before.',
    },
    {
      name: 'ChatConnectionsHigh',
      severity: 'warning',
      expr: `chat_connections{${at}} / chat_connections_limit{${at}} > ${connectionsRatio}`,
      for: '5m',
      summary: 'A WebSocket process has nearly all the connections that it may have',
      description:
        '{{ $labels.pod }} has {{ $value | humanizePercentage }} of its connections in use; beyond it refuses users.',
    },
    {
      name: 'ChatConnectionsRefused',
      severity: 'warning',
      expr: `sum by (code) (rate(chat_upgrades_refused_total{${at},code!="unauthorized"}[5m])) > 1`,
      for: '5m',
      summary: 'WebSocket connections are refused',
      description: '{{ $value | humanize }} connections a second are refused with {{ $labels.code }}.',
    },
  ]
}

function dependencyRules(at: string): RuleGroup['alerts'] {
  const { databasePoolRatio } = thresholds
  return [
    {
      name: 'ChatDatabasePoolHigh',
      severity: 'warning',
      expr: `chat_database_connections{${at}} / chat_database_connections_limit{${at}} > ${databasePoolRatio}`,
      for: '5m',
      summary: 'A chat process has nearly all its database connections in use',
      description:
        '{{ $labels.pod }} uses {{ $value | humanizePercentage }} of its database connections; more callers wait.',
    },
    {
      name: 'ChatDatabaseWritesRetried',
      severity: 'warning',
      expr: `sum(rate(chat_write_retries_total{${at}}[5m])) > 1`,
      for: '5m',
      summary: 'Messages are written only after retries',
      description:
        '{{ $value | humanize }} batches a second are tried again: the database times out, is away, or refuses.',
    },
    {
      name: 'ChatRedisUnavailable',
      severity: 'critical',
      expr: `min by (namespace, pod) (chat_health{${at},component="redis"}) == 0`,
      for: '1m',
      summary: 'A chat process cannot reach Redis',
      description:
        '{{ $labels.pod }} has no working connection to Redis: its messages arrive late, by way of the database.',
    },
    {
      name: 'ChatRedisErrors',
      severity: 'warning',
      expr: `sum(rate(chat_publish_failures_total{${at}}[5m])) > 0.1`,
      for: '5m',
      summary: 'The connections to Redis fail now and then',
      description: '{{ $value | humanize }} errors of the broadcast Redis a second.',
    },
  ]
}
