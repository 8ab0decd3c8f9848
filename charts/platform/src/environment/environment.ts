import { ChatAppSpec, type ChatAppSpecInput } from '@chat-app/crds'
import { z } from 'zod'
import { databaseValues } from './database.ts'
import { certificatesValues, edgeValues } from './edge.ts'
import { operatorValues } from './operator.ts'
import { host, namespaceName, objectName, origin } from './fields.ts'
import { logsValues } from './logs.ts'
import { messageOf } from './messages.ts'
import { messagingValues } from './messaging.ts'
import { monitoringValues } from './monitoring.ts'
import { policiesValues } from './policies.ts'
import { redisValues } from './redis.ts'
import { secretsValues } from './secrets.ts'
import { storageValues } from './storage.ts'

/** One of the Kubernetes clusters of an environment that has several. */
const regionValues = z
  .strictObject({
    /** Of the cluster, and of its folder: the region that it stands in. */
    name: objectName(),
    /** Host, reachable from the other clusters, at which its database replicates. */
    databaseHost: host,
    /** URL, reachable from this and the other clusters, of its object storage. */
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

// It names a construct, and cdk8s takes this one name for a construct that is there already.
const chatAppName = objectName(40).refine((name) => name !== 'constructor', 'must not be "constructor"')

/** The spec has a schema of its own, that of the CRD, and stays as it is written: its defaults are filled in later. */
const chatAppSpec = z.custom<ChatAppSpecInput>().superRefine((spec, context) => {
  for (const issue of ChatAppSpec.safeParse(spec, { error: messageOf }).error?.issues ?? [])
    context.addIssue({ ...issue, path: [...issue.path] })
})

/** Everything that makes one environment differ from another, as plain values. */
export const environmentValues = z
  .strictObject({
    name: objectName(),
    chatApp: z.strictObject({ name: chatAppName, namespace: namespaceName, spec: chatAppSpec }).readonly(),
    operator: operatorValues,
    /** Where the database and Redis live. */
    dataNamespace: namespaceName,
    database: databaseValues,
    redis: redisValues,
    /** @default no queues */
    messaging: messagingValues.exactOptional(),
    /** Where credentials come from. */
    secrets: secretsValues,
    /** @default no object storage */
    storage: storageValues.exactOptional(),
    /** @default no Prometheus of its own */
    monitoring: monitoringValues.exactOptional(),
    /** @default no cert-manager */
    certificates: certificatesValues.exactOptional(),
    /** @default lines stay where the cluster keeps them */
    logs: logsValues.exactOptional(),
    /** @default no page of the platform can be reached from outside */
    edge: edgeValues.exactOptional(),
    policies: policiesValues,
    /** @default one cluster */
    regions: regionsValues.exactOptional(),
  })
  .readonly()
export type Environment = z.output<typeof environmentValues>
export type Region = z.output<typeof regionValues>

/** An environment whose values cannot be rendered. Each fault names the field, the value and the rule. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}
