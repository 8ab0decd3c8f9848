import { ChatAppSpec, type ChatAppSpecInput } from '@chat-app/crds'
import { z } from 'zod'
import { customValues } from './custom.ts'
import { databaseValues } from './database.ts'
import { certificatesValues, edgeValues } from './edge.ts'
import { operatorValues } from './operator.ts'
import { host, namespaceName, objectName, origin } from './fields.ts'
import { logsValues } from './logs.ts'
import { messageOf } from './messages.ts'
import { messagingValues } from './messaging.ts'
import { monitoringValues } from './monitoring.ts'
import { pipelineValues } from './pipeline.ts'
import { policiesValues } from './policies.ts'
import { redisValues } from './redis.ts'
import { secretsValues } from './secrets.ts'
import { storageValues } from './storage.ts'

/** One of the Kubernetes clusters of an environment that has several. */
const regionValues = z
  .strictObject({
    /** The region, which also names the folder of the cluster. */
    name: objectName(),
    /** Host of the database, reachable from the other clusters. */
    databaseHost: host,
    /** URL of the object storage, reachable from this and the other clusters. */
    storageUrl: origin,
  })
  .readonly()

/** Clusters in several regions, one of which takes the writes. */
const regionsValues = z
  .strictObject({ active: z.string(), clusters: z.array(regionValues).min(2).readonly() })
  .readonly()
  .refine(({ active, clusters }) => clusters.some(({ name }) => name === active), {
    path: ['active'],
    message: 'must be the name of one of the clusters',
  })

// The name becomes the id of a construct, and cdk8s takes this id for one that exists.
const chatAppName = objectName(40).refine((name) => name !== 'constructor', 'must not be "constructor"')

/** The spec is checked by the schema of the CRD and kept as written: the API server adds the defaults. */
const chatAppSpec = z.custom<ChatAppSpecInput>().superRefine((spec, context) => {
  for (const issue of ChatAppSpec.safeParse(spec, { error: messageOf }).error?.issues ?? [])
    context.addIssue({ ...issue, path: [...issue.path] })
})

/** The values of an environment. */
export const environmentValues = z
  .strictObject({
    name: objectName(),
    /** The Kubernetes cluster, where several environments share one. @default one of its own */
    cluster: objectName().exactOptional(),
    chatApp: z.strictObject({ name: chatAppName, namespace: namespaceName, spec: chatAppSpec }).readonly(),
    operator: operatorValues,
    /** The namespace of the database, Redis and RabbitMQ. */
    dataNamespace: namespaceName,
    database: databaseValues,
    redis: redisValues,
    /** @default no RabbitMQ */
    messaging: messagingValues.exactOptional(),
    /** The source of the credentials. */
    secrets: secretsValues,
    /** @default no object storage */
    storage: storageValues.exactOptional(),
    /** @default no Prometheus of its own */
    monitoring: monitoringValues.exactOptional(),
    /** @default no cert-manager */
    certificates: certificatesValues.exactOptional(),
    /** @default logs are not collected */
    logs: logsValues.exactOptional(),
    /** @default no page is reachable from outside the cluster */
    edge: edgeValues.exactOptional(),
    policies: policiesValues,
    /** @default deployed by hand only */
    pipeline: pipelineValues.exactOptional(),
    /** @default one cluster */
    regions: regionsValues.exactOptional(),
    ...customValues,
  })
  .readonly()
export type Environment = z.output<typeof environmentValues>
export type Region = z.output<typeof regionValues>

/** Whether an environment may have this name. */
export function isEnvironmentName(name: string): boolean {
  return objectName().safeParse(name).success
}

/**
 * The values of an environment are not valid. The message has one line for each fault, with the field, the rule and the
 * value.
 */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}
