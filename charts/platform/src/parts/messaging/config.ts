import { DISK_LIMIT } from '../../environment/messaging.ts'

/** What is added to the rabbitmq.conf that the operator writes. The limits are of the memory that the pod has. */
export const rabbitmqConfig = `${[
  'vm_memory_high_watermark.relative = 0.6',
  `disk_free_limit.relative = ${DISK_LIMIT.toFixed(1)}`,
  'heartbeat = 60',
  'log.console = true',
  'log.console.formatter = json',
].join('\n')}\n`
