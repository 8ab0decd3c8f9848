import { z } from 'zod'
import { count, objectName, quantity, resources } from '../fields.ts'

/** A Prometheus, run by its operator. */
export const monitoringValues = z
  .strictObject({
    name: objectName(),
    namespace: objectName(),
    version: z.string(),
    replicas: count(1, 9),
    resources,
    storage: quantity,
    /** @default the cluster's default class */
    storageClassName: z.string().exactOptional(),
  })
  .readonly()
export type MonitoringValues = z.output<typeof monitoringValues>
