import type { RuleGroup } from './rule.ts'
import { messageRules } from './service-messages.ts'
import { outboxRules } from './service-outbox.ts'
import { availabilityRules, runtimeRules } from './service-processes.ts'
import { THRESHOLDS } from './thresholds.ts'

/** Alerts on the chat services, by their own metrics. */
export function serviceRules(namespace: string): RuleGroup {
  const at = `namespace="${namespace}"`
  return {
    name: 'service',
    recordings: [{ record: 'chat:users:sum', expr: `sum(chat_users{${at}})` }],
    alerts: [
      ...availabilityRules(at),
      ...runtimeRules(at),
      ...messageRules(at),
      ...outboxRules(at),
      ...userRules(at),
      ...dependencyRules(at),
    ],
  }
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
