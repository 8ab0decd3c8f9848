import type { RuleGroup } from './rule.ts'
import { THRESHOLDS } from './thresholds.ts'

/** Alerts on pods that are missing, down or unhealthy. */
export function availabilityRules(at: string): RuleGroup['alerts'] {
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
  ]
}

/** Alerts on the heap and the event loop of a process. */
export function runtimeRules(at: string): RuleGroup['alerts'] {
  const { heapRatio, longCollection, longCollectionsPerMinute, eventLoopRatio, eventLoopLag } = THRESHOLDS
  const major = `${at},kind="major"`
  return [
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
