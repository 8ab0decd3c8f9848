import type { RuleGroup } from './rule.ts'
import { THRESHOLDS } from './thresholds.ts'

/** Alerts on RabbitMQ, by its own metrics. */
export function messagingRules(namespace: string, replicas: number): RuleGroup {
  const at = `namespace="${namespace}"`
  return {
    name: 'messaging',
    alerts: [
      {
        name: 'RabbitMqNodeMissing',
        severity: 'critical',
        expr: `(count(rabbitmq_build_info{${at}}) or vector(0)) < ${replicas}`,
        for: '5m',
        summary: 'A RabbitMQ node is missing',
        description: `{{ $value }} of ${replicas} nodes are up; quorum queues need more than half.`,
      },
      {
        name: 'RabbitMqMemoryAlarm',
        severity: 'critical',
        expr: `max by (namespace, pod) (rabbitmq_alarms_memory_used_watermark{${at}}) == 1`,
        for: '1m',
        summary: 'RabbitMQ blocks publishers: it uses too much memory',
        description: '{{ $labels.pod }} is above its memory watermark.',
      },
      {
        name: 'RabbitMqDiskAlarm',
        severity: 'critical',
        expr: `max by (namespace, pod) (rabbitmq_alarms_free_disk_space_watermark{${at}}) == 1`,
        for: '1m',
        summary: 'RabbitMQ blocks publishers: too little disk space is free',
        description: '{{ $labels.pod }} is below its limit of free disk space.',
      },
      {
        name: 'RabbitMqQueuesDeep',
        severity: 'warning',
        expr: `sum(rabbitmq_queue_messages_ready{${at}}) > ${THRESHOLDS.queueMessages}`,
        for: '10m',
        summary: 'Many messages wait in RabbitMQ',
        description: '{{ $value | humanize }} messages wait for a consumer.',
      },
    ],
  }
}
