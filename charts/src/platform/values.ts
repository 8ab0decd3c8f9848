import type { ChatAppSpecInput } from '@chat-app/crds'
import { z } from 'zod'
import { CONNECTIONS_FOR_CHAT, connectionsOfRollouts } from './database/connections.ts'
import { databaseValues, isEncrypted, replicates } from './database/values.ts'
import { missingPages } from './edge/pages.ts'
import { dnsSecret } from './edge/solver.ts'
import { certificatesValues, edgeValues } from './edge/values.ts'
import { operatorValues } from '../operator/values.ts'
import { objectName, origin } from './fields.ts'
import { logsValues } from './logs/values.ts'
import { messagingValues } from './messaging/values.ts'
import { monitoringValues } from './monitoring/values.ts'
import { policiesValues } from './policies/values.ts'
import { redisValues, speaksTls } from './redis/values.ts'
import { secretsValues } from './secrets/values.ts'
import { sharedNamespaces } from './shared-namespaces.ts'
import { storageValues } from './storage/values.ts'

/** One of the Kubernetes clusters of an environment that has several. */
const regionValues = z
  .strictObject({
    /** Of the cluster, and of its folder: the region that it stands in. */
    name: objectName(),
    /** Host, reachable from the other clusters, at which its database replicates. */
    databaseHost: z.hostname(),
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

/** Everything that makes one environment differ from another, as plain values. */
export const environmentValues = z
  .strictObject({
    name: objectName(),
    /** The spec has a schema of its own: that of the CRD. */
    chatApp: z
      .strictObject({ name: objectName(40), namespace: objectName(), spec: z.custom<ChatAppSpecInput>() })
      .readonly(),
    operator: operatorValues,
    /** Where the database and Redis live. */
    dataNamespace: objectName(),
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
  .refine(({ database, secrets }) => !isEncrypted(database) || secrets.kind === 'vault', {
    path: ['database', 'vaultSecret'],
    message: 'must not be set unless secrets are of kind vault: the keys of the encryption are kept there',
  })
  .refine(({ regions, database }) => regions === undefined || replicates(database), {
    path: ['database', 'replication'],
    message: 'must say who may follow, for an environment of several regions: a database of kind pxc with replication',
  })
  .refine(
    ({ regions, storage, edge }) =>
      regions === undefined || storage?.kind !== 'tenant' || edge === undefined || edge.replication !== undefined,
    {
      path: ['edge', 'replication'],
      message:
        "must say who is let in, for a Tenant in several regions: they reach each other through the ingress controller, MinIO's administration too",
    },
  )
  .refine(({ storage, secrets }) => storage?.kind !== 'external' || secrets.kind === 'vault', {
    path: ['secrets', 'kind'],
    message: 'must be vault where the storage is external: the keys come from who runs it and cannot be made at random',
  })
  .refine(({ chatApp, redis }) => !speaksTls(redis) || chatApp.spec.redis?.tls !== undefined, {
    path: ['chatApp', 'spec', 'redis', 'tls'],
    message: 'must be there where Redis speaks TLS: its certificate is not of a public authority',
  })
  .refine(({ certificates, redis, messaging }) => certificates !== undefined || !(speaksTls(redis) || messaging?.tls), {
    path: ['certificates'],
    message: 'must be there for TLS: cert-manager issues the certificates of Redis and RabbitMQ',
  })
  .superRefine(({ database, chatApp, policies }, context) => {
    const connections = connectionsOfRollouts(chatApp.spec, policies.chatApps)
    if (database.kind !== 'pxc' || connections === undefined || connections.total <= CONNECTIONS_FOR_CHAT) return
    context.addIssue({
      code: 'custom',
      path: ['chatApp', 'spec', connections.most],
      message: `must have fewer pods at most: while policies.chatApps (${policies.chatApps}) roll out, they open ${connections.total} database connections of ${CONNECTIONS_FOR_CHAT} that there are`,
    })
  })
  .refine(
    ({ regions, certificates }) =>
      regions === undefined || certificates?.acme === undefined || certificates.acme.dns01 !== undefined,
    {
      path: ['certificates', 'acme', 'dns01'],
      message:
        "must be there for an environment of several regions: Let's Encrypt asks over HTTP only where a host leads to, so the other regions would have no certificate",
    },
  )
  .refine(
    ({ certificates, secrets }) =>
      secrets.kind === 'vault' ||
      certificates?.acme?.dns01 === undefined ||
      dnsSecret(certificates.acme.dns01) === undefined,
    {
      path: ['secrets', 'kind'],
      message:
        'must be vault where certificates.acme.dns01 has a Secret: its value comes from who runs the DNS and cannot be made at random',
    },
  )
  .superRefine((environment, context) => {
    // Each has a Pod Security level, a quota and closed borders of its own.
    for (const { path, namespace } of sharedNamespaces(environment))
      context.addIssue({
        code: 'custom',
        path,
        message: `must not be a namespace of another part (it is "${namespace}")`,
      })
  })
  .superRefine((environment, context) => {
    for (const name of missingPages(environment))
      context.addIssue({
        code: 'custom',
        path: ['edge', 'pages', name],
        message: 'is a page of a part that this environment does not have',
      })
  })
  .readonly()
export type Environment = z.output<typeof environmentValues>
export type Region = z.output<typeof regionValues>

/** An environment whose values cannot be rendered. Each fault names the field, the value and the rule. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError'
}
