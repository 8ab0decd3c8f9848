import type { RuleGroup } from './rule.ts'
import { THRESHOLDS } from './thresholds.ts'

/** Alerts on events that other systems do not get. Every process counts what waits, so `max` is the newest count. */
export function outboxRules(at: string): RuleGroup['alerts'] {
  const { outboxSeconds, outboxRows } = THRESHOLDS
  return [
    {
      name: 'ChatOutboxLate',
      severity: 'warning',
      expr: `max by (consumer) (chat_outbox_age_seconds{${at}}) > ${outboxSeconds}`,
      for: '5m',
      summary: 'Another system hears late of events',
      description: 'The first event for {{ $labels.consumer }} waits for {{ $value | humanizeDuration }}.',
    },
    {
      name: 'ChatOutboxDeep',
      severity: 'warning',
      expr: `max by (consumer) (chat_outbox_rows{${at}}) > ${outboxRows}`,
      for: '5m',
      summary: 'Many events wait for another system',
      description:
        '{{ $value | humanize }} events wait for {{ $labels.consumer }}; from 200,000 on it gets no further ones.',
    },
    {
      name: 'ChatOutboxDropped',
      severity: 'critical',
      expr: `sum by (consumer) (increase(chat_outbox_dropped_total{${at}}[15m])) > 0`,
      summary: 'Another system does not get events',
      description: 'About {{ $value | humanize }} events were not written for {{ $labels.consumer }}: too many wait.',
    },
    {
      name: 'ChatOutboxFailed',
      severity: 'warning',
      expr: `max by (consumer) (chat_outbox_failed_rows{${at}}) > 0`,
      summary: 'Another system refuses events',
      description:
        '{{ $value | humanize }} events for {{ $labels.consumer }} failed again and again, and are not tried.',
    },
  ]
}
