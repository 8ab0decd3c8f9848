import type { RuleGroup } from './rule.ts'
import { THRESHOLDS } from './thresholds.ts'

/** Alerts on slow, late or failed messages and requests. */
export function messageRules(at: string): RuleGroup['alerts'] {
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
      name: 'ChatEpochRaised',
      severity: 'critical',
      expr: `sum(increase(chat_epochs_raised_total{${at}}[15m])) > 0`,
      summary: 'The database has lost messages that were delivered',
      description:
        'About {{ $value | humanize }} rooms had events that the database no longer has: their clients load them anew.',
    },
    {
      name: 'ChatCounterRepaired',
      severity: 'warning',
      expr: `sum(increase(chat_counters_repaired_total{${at}}[15m])) > 0`,
      summary: 'The counter of a room was behind its messages',
      description: 'About {{ $value | humanize }} counters were set to the number of the last message of their room.',
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
