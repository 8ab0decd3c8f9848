import { z } from 'zod'
import { conventionalSecret, formats, formatted, HOLDS, integer, namedSecret, object, secretRef } from './fields.ts'
import { ruled } from './rules.ts'

const tls = () => object({ caSecretRef: secretRef('ca.crt') }).optional()

function clusterRef<const Kinds extends readonly [string, ...string[]]>(group: string, kinds: Kinds) {
  return object({
    apiGroup: z.enum([group]).describe('API group of the resource.').default(group),
    kind: z.enum(kinds).describe('Kind of the resource.'),
    name: formatted(formats.objectName).describe('Name of the resource.'),
    namespace: formatted(formats.namespace)
      .describe(
        "Namespace of the resource. The ChatApp's own when absent; in another one the operator needs a RoleBinding there.",
      )
      .optional(),
  }).optional()
}

const runs = (what: string): string =>
  `The resource that runs ${what}. A rollout waits until it is ready. Without it a rollout waits only for a connection.`
const verifies = (what: string): string =>
  `Verifies ${what} against a certificate authority of your own. It is read at start, so a new one rolls the pods. Default: the public authorities.`
const authority = (what: string): string => `the certificate authority (PEM) that signed the certificate of ${what}`

export const Database = object({
  url: conventionalSecret({ name: 'db-credentials', key: 'url' })
    .meta({ [HOLDS]: 'the connection URL, mysql://user:password@host:3306/database' })
    .describe('Address of the database, and the user to connect as.')
    .prefault({}),
  tls: tls()
    .meta({ [HOLDS]: authority('the database') })
    .describe(verifies('the database')),
  clusterRef: clusterRef('pxc.percona.com', ['PerconaXtraDBCluster']).describe(runs('the database')),
})
  .describe('The MySQL database that holds every message. A new value of the Secret is used without a restart.')
  .prefault({})

const redisUrl =
  'the connection URL: redis://host:6379, rediss:// with TLS, redis+sentinel://mymaster/host:26379,... or redis-cluster://host:6379,...'

export const Redis = object({
  url: conventionalSecret({ name: 'redis-credentials', key: 'url' })
    .meta({ [HOLDS]: redisUrl })
    .describe('Address of Redis. It holds data that may be lost: presence, sessions, caches, rate limits.')
    .prefault({}),
  broadcast: object({
    url: namedSecret('url')
      .meta({ [HOLDS]: redisUrl })
      .describe('Address of the Redis for broadcasts.'),
  })
    .describe('A separate Redis that carries messages between the pods. Default: the one of url.')
    .optional(),
  tls: tls()
    .meta({ [HOLDS]: authority('Redis') })
    .describe(verifies('Redis')),
  // The other kinds of its operator have no field that says that they are ready.
  clusterRef: clusterRef('redis.redis.opstreelabs.in', ['RedisCluster']).describe(runs('Redis')),
})
  .describe('The Redis that connects the pods. A new value of the Secret is used without a restart.')
  .prefault({})

const jwtShape = object({
  current: conventionalSecret({ name: 'jwt-secret', key: 'secret' })
    .meta({ [HOLDS]: 'the key that signs and verifies tokens, at least 32 characters' })
    .describe('The key that signs new tokens.')
    .prefault({}),
  previous: namedSecret('secret')
    .meta({ [HOLDS]: 'the earlier key, at least 32 characters' })
    .describe(
      'The earlier key. Tokens that it signed stay valid while it is set: set it when you change the current key.',
    )
    .optional(),
})

const Jwt = ruled(jwtShape.describe('Keys of the JSON Web Tokens that users log in with.'), {
  rule: '!has(self.previous) || self.previous.secretKeyRef.name != self.current.secretKeyRef.name || self.previous.secretKeyRef.key != self.current.secretKeyRef.key',
  message: 'previous must name another Secret or key than current: with the same one no earlier token stays valid',
  fieldPath: '.previous',
  holds: ({ current, previous }) =>
    previous?.secretKeyRef.name !== current.secretKeyRef.name || previous.secretKeyRef.key !== current.secretKeyRef.key,
}).prefault({})

export const Auth = object({ jwt: Jwt }).describe('How users prove who they are.').prefault({})

export const Messaging = object({
  url: namedSecret('url')
    .meta({ [HOLDS]: 'the connection URL, amqp[s]://user:password@host:5672/vhost' })
    .describe('Address of RabbitMQ.'),
}).describe(
  'The RabbitMQ that carries work for the worker. This version of the operator does not support it and refuses it.',
)

export const Storage = object({
  bucket: formatted(formats.objectName).describe('Bucket that holds the files.'),
  url: namedSecret('url')
    .meta({ [HOLDS]: 'the endpoint and credentials, https://key:secret@host' })
    .describe('Address of the S3 storage.'),
}).describe('The S3 storage that holds files. This version of the operator does not support it and refuses it.')

export const Migrations = {
  timeoutSeconds: integer(30, 86_400)
    .describe('Longest time for the migration of the database schema, in seconds, including the wait for the database.')
    .default(600),
}
