import { z } from 'zod'
import { conventionalSecret, formats, formatted, integer, namedSecret, secretRef } from './fields.ts'
import { ruled } from './rules.ts'

const Tls = (what: string) =>
  z
    .strictObject({
      caSecretRef: secretRef(`the certificate authority (PEM) that signed the certificate of ${what}`, 'ca.crt'),
    })
    .describe(
      `Verifies ${what} against a certificate authority of your own. It is read at start, so a new one rolls the pods. Absent: the public authorities.`,
    )
    .optional()

function clusterRef<const Kinds extends readonly [string, ...string[]]>(what: string, group: string, kinds: Kinds) {
  return z
    .strictObject({
      apiGroup: z.enum([group]).describe('API group of the resource.').default(group),
      kind: z.enum(kinds).describe('Kind of the resource.'),
      name: formatted(formats.objectName, 'Name of the resource.'),
      namespace: formatted(
        formats.namespace,
        "Namespace of the resource. The ChatApp's own when absent; in another one the operator needs a RoleBinding there.",
      ).optional(),
    })
    .describe(
      `The resource that runs ${what}. A rollout waits until it is ready. Absent: only the connection is tried.`,
    )
    .optional()
}

export const Database = z
  .strictObject({
    url: conventionalSecret('the connection URL, mysql://user:password@host:3306/database', {
      name: 'db-credentials',
      key: 'url',
    })
      .describe('Where the database is, and the user to connect as.')
      .prefault({}),
    tls: Tls('the database'),
    clusterRef: clusterRef('the database', 'pxc.percona.com', ['PerconaXtraDBCluster']),
  })
  .describe('The MySQL database that holds every message. A new value of the Secret is taken up without a restart.')
  .prefault({})

const redisUrl =
  'the connection URL: redis://host:6379, rediss:// with TLS, redis+sentinel://mymaster/host:26379,... or redis-cluster://host:6379,...'

export const Redis = z
  .strictObject({
    url: conventionalSecret(redisUrl, { name: 'redis-credentials', key: 'url' })
      .describe('Where Redis is. It holds what may be lost: presence, sessions, caches, rate limits.')
      .prefault({}),
    broadcast: z
      .strictObject({
        url: namedSecret(redisUrl, 'url').describe('Where the Redis for broadcasts is.'),
      })
      .describe('A Redis of its own for carrying messages between the pods. Absent: the one of url carries them too.')
      .optional(),
    tls: Tls('Redis'),
    // The other kinds of its operator never say that they are ready.
    clusterRef: clusterRef('Redis', 'redis.redis.opstreelabs.in', ['RedisCluster']),
  })
  .describe('The Redis that connects the pods. A new value of the Secret is taken up without a restart.')
  .prefault({})

const jwtShape = z.strictObject({
  current: conventionalSecret('the key that signs and verifies tokens, at least 32 characters', {
    name: 'jwt-secret',
    key: 'secret',
  })
    .describe('The key that signs new tokens.')
    .prefault({}),
  previous: namedSecret('the earlier key, at least 32 characters', 'secret')
    .describe(
      'The key before it. Tokens that it signed stay valid while it is set: set it when you change the current one.',
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

export const Auth = z.strictObject({ jwt: Jwt }).describe('How users prove who they are.').prefault({})

export const Messaging = z
  .strictObject({
    url: namedSecret('the connection URL, amqp[s]://user:password@host:5672/vhost', 'url').describe(
      'Where RabbitMQ is.',
    ),
  })
  .describe(
    'The RabbitMQ that carries work for the worker. Not served by this version: it is refused, so leave it out.',
  )

export const Storage = z
  .strictObject({
    bucket: formatted(formats.objectName, 'Bucket that holds the files.'),
    url: namedSecret('the endpoint and credentials, https://key:secret@host', 'url').describe(
      'Where the S3 storage is.',
    ),
  })
  .describe('The S3 storage that holds files. Not served by this version: it is refused, so leave it out.')

export const Migrations = {
  timeoutSeconds: integer(
    30,
    86_400,
    'Longest time that bringing the database schema up to date may take, in seconds, the wait for the database included.',
  ).default(600),
}
