import { DISK_LIMIT } from '../../environment/messaging.ts'

/** Lines for the operator's rabbitmq.conf. The relative limits refer to the memory limit of the pod. */
export const rabbitmqConfig = `${[
  'vm_memory_high_watermark.relative = 0.6',
  `disk_free_limit.relative = ${DISK_LIMIT.toFixed(1)}`,
  'heartbeat = 60',
  'log.console = true',
  'log.console.formatter = json',
].join('\n')}\n`
