import { RABBITMQ_DISK_FACTOR, RABBITMQ_MEMORY_SHARE } from '../../limits.ts'

/** Lines for the operator's rabbitmq.conf. The relative limits refer to the memory limit of the pod. */
export const RABBITMQ_CONFIG = `${[
  `vm_memory_high_watermark.relative = ${RABBITMQ_MEMORY_SHARE}`,
  `disk_free_limit.relative = ${RABBITMQ_DISK_FACTOR.toFixed(1)}`,
  'heartbeat = 60',
  'log.console = true',
  'log.console.formatter = json',
].join('\n')}\n`
