import { quantityValue } from '@chat-app/crds'
import { z } from 'zod'
import { count, image, namespaceName, objectName, resources, volumeSize } from './fields.ts'

/** Elasticsearch, Kibana and a collector on every node, run by ECK. */
export const logsValues = z
  .strictObject({
    name: objectName(36),
    namespace: namespaceName,
    version: z.string().regex(/^[89]\.\d+\.\d+$/, 'must be a release such as 9.1.0: ECK runs 8 and 9'),
    elasticsearch: z
      .strictObject({
        nodes: count(1, 9).refine(
          (nodes) => nodes !== 2,
          'must not be 2: if one node fails, the other has no majority',
        ),
        resources,
        /** @default the image that ECK names for the version */
        image: image.exactOptional(),
        storage: volumeSize,
        /** @default the cluster's default class */
        storageClassName: objectName().exactOptional(),
      })
      .readonly(),
    kibana: z.strictObject({ replicas: count(1, 5), image: image.exactOptional(), resources }).readonly(),
    /** It reads log files of the nodes, which needs Pod Security `privileged`, so it has a namespace of its own. */
    collector: z.strictObject({ namespace: namespaceName, image: image.exactOptional(), resources }).readonly(),
    /** Days that a log line is kept. */
    keepDays: count(1, 365),
    /** An index rolls over at this size, or after a day. */
    indexSize: z
      .string()
      .regex(/^[1-9]\d{0,3}gb$/, { error: 'must be a size as Elasticsearch writes it, such as 20gb', abort: true }),
  })
  .readonly()
  .refine(({ namespace, collector }) => namespace !== collector.namespace, {
    path: ['collector', 'namespace'],
    message: 'must differ from logs.namespace: the namespace of the collector is privileged',
  })
  .refine(
    ({ elasticsearch, indexSize }) =>
      quantityValue(indexSize.replace('gb', 'Gi')) < quantityValue(elasticsearch.storage),
    {
      path: ['indexSize'],
      message: 'must be less than elasticsearch.storage: an index would fill the volume before it rolls over',
    },
  )
export type LogsValues = z.output<typeof logsValues>
