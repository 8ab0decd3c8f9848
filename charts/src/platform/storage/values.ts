import { z } from 'zod'
import { count, image, objectName, quantity, resources } from '../fields.ts'

/** A MinIO Tenant, run by its operator. */
export const storageValues = z
  .strictObject({
    name: objectName(),
    namespace: objectName(),
    image,
    servers: count(1, 64),
    volumesPerServer: count(1, 64),
    volumeSize: quantity,
    resources,
    /** Secret with the key `config.env`, which sets the root user and password. */
    configurationSecret: objectName(),
  })
  .readonly()
export type StorageValues = z.output<typeof storageValues>
