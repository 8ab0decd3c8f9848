import { z } from 'zod'
import { quantityValue } from '@chat-app/crds'
import { count, host, image, objectName, resources, volumeSize } from './fields.ts'
import { RABBITMQ_DISK_FACTOR } from '../limits.ts'

/** A RabbitMQ cluster, run by its operator, with the queues of the ChatApp. */
const clusterValues = z
  .strictObject({
    kind: z.literal('cluster').exactOptional(),
    /** The name of the RabbitmqCluster and of its Service. */
    name: objectName(40),
    image,
    /** Number of nodes. */
    size: count(1, 9).refine(
      (size) => size % 2 === 1,
      'must be odd: half of an even number of nodes is not a majority',
    ),
    resources,
    /** Size of each node's volume. */
    storage: volumeSize,
    /** @default the cluster's default class */
    storageClassName: objectName().exactOptional(),
    /** Secret with the keys `username` and `password` of the ChatApp. */
    credentialsSecret: objectName(),
    /** Whether connections use TLS, and only TLS, with a certificate of the platform's authority. */
    tls: z.boolean(),
  })
  .readonly()
  .superRefine(({ storage, resources: { requests, limits } }, context) => {
    const fault = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
    if (requests.memory !== limits.memory)
      fault(
        ['resources', 'requests', 'memory'],
        'must equal the limit: RabbitMQ computes its memory watermark from the limit',
      )
    if (quantityValue(storage) <= RABBITMQ_DISK_FACTOR * quantityValue(limits.memory))
      fault(
        ['storage'],
        `must be more than ${RABBITMQ_DISK_FACTOR} times the memory limit: RabbitMQ blocks publishers when less is free`,
      )
  })
export type MessagingValues = z.output<typeof clusterValues>

/** A RabbitMQ that somebody else runs. Connections use TLS; its queues are declared there. */
const externalValues = z
  .strictObject({
    kind: z.literal('external'),
    host,
    /** @default 5671 */
    port: count(1, 65_535).exactOptional(),
    /** @default /chat */
    virtualHost: z
      .string()
      .min(1, 'must be the name of a virtual host')
      .max(255, 'must have at most 255 characters')
      .exactOptional(),
  })
  .readonly()
export type ExternalMessagingValues = z.output<typeof externalValues>

export const messagingValues = z.discriminatedUnion('kind', [clusterValues, externalValues])

/** The RabbitMQ that the platform runs, if there is one. */
export function ownMessaging({
  messaging,
}: {
  readonly messaging?: MessagingValues | ExternalMessagingValues
}): MessagingValues | undefined {
  return messaging?.kind === 'external' ? undefined : messaging
}
