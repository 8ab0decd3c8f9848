import type { Cluster } from '../../environment/cluster.ts'
import { primaryHost } from '../database/service.ts'
import { messagingAddress } from '../messaging/hosts.ts'
import { dnsSecret } from '../edge/solver.ts'
import { redisAddress } from '../redis/hosts.ts'
import { databasePort } from '../../environment/database.ts'
import type { ExternalDatabaseValues } from '../../environment/database-external.ts'
import { passwordSecret } from '../../environment/redis.ts'
import { TENANT_USERS_SECRET, type StorageValues } from '../../environment/storage.ts'
import type { Environment } from '../../environment/environment.ts'
import { copied, given, held, holding, type Credential } from './credential.ts'
import { databaseKeys } from './database-keys.ts'
import { MYSQL_PORT } from '../../objects/ports.ts'

/** The key of a Secret with a certificate authority. */
const CA_KEY = 'ca.crt'

const ACCESS_KEY = 'AWS_ACCESS_KEY_ID'

const SECRET_KEY = 'AWS_SECRET_ACCESS_KEY'

/** Characters of 6 bits. RFC 7518, section 3.2: a key of HS256 has at least 256 bits. */
const JWT_LENGTH_CHARACTERS = 44

/**
 * Every Secret of a cluster that no operator makes, in an order in which a copy follows its source. A password that two
 * namespaces need is in both, because a pod can only read Secrets of its own namespace.
 */
export function credentials(cluster: Cluster): Credential[] {
  const { environment } = cluster
  return [
    ...databaseCredentials(environment),
    ...redisCredentials(cluster),
    ...messagingCredentials(environment),
    ...storageCredentials(environment),
    ...alertCredentials(environment),
    ...dnsCredentials(environment),
    jwt(environment),
  ]
}

function databaseCredentials(environment: Environment): Credential[] {
  const { dataNamespace, chatApp, database } = environment
  if (database.kind === 'mariadb') {
    const users = holding(dataNamespace, 'mariadb-credentials', ['root-password', 'password'], 'MariaDB')
    return [
      users,
      databaseUrl(chatApp.namespace, ['mysql://chat:', copied(users, 'password'), `@mariadb.${dataNamespace}`]),
    ]
  }
  if (database.kind === 'external') return externalDatabaseCredentials(environment, database)
  const system = ['root', 'xtrabackup', 'monitor', 'proxyadmin', 'operator', 'replication']
  const users = holding(
    dataNamespace,
    'mysql-application-users',
    ['blue', 'green'],
    'the bootstrap Job of the database',
  )
  return [
    holding(dataNamespace, 'mysql-secrets', system, 'the operator of the database; its bootstrap Job (root)'),
    users,
    ...databaseKeys(environment),
    databaseUrl(chatApp.namespace, [
      `mysql://chat_${database.applicationUser}:`,
      copied(users, database.applicationUser),
      `@${primaryHost(database, dataNamespace)}`,
    ]),
  ]
}

function externalDatabaseCredentials(environment: Environment, database: ExternalDatabaseValues): Credential[] {
  const { dataNamespace, chatApp } = environment
  const { host, users, caSecret } = database
  const authority = authorityCredentials(chatApp.namespace, caSecret)
  const address = `@${host}:${databasePort(database)}`
  if (users.madeBy === 'provider') {
    const path = `${address}/${users.database ?? 'chat'}?tls=true`
    const url = ['mysql://', given('username'), ':', given('password'), path]
    return [...authority, { ...databaseUrl(chatApp.namespace, []), data: { url } }]
  }
  const reader = 'the bootstrap Job of the database'
  const own = holding(dataNamespace, 'mysql-application-users', ['blue', 'green'], reader)
  const url = [`mysql://chat_${users.application}:`, copied(own, users.application), `${address}/chat?tls=true`]
  return [
    holding(dataNamespace, users.administratorSecret, ['password'], reader),
    own,
    ...authority,
    ...authority.map((source) => ({
      ...source,
      namespace: dataNamespace,
      data: { [CA_KEY]: [copied(source, CA_KEY)] },
      readers: reader,
    })),
    { ...databaseUrl(chatApp.namespace, []), data: { url } },
  ]
}

/** The authority of a server outside the platform, for the ChatApp. */
function authorityCredentials(namespace: string, secret: string | undefined): Credential[] {
  return secret === undefined ? [] : [holding(namespace, secret, [CA_KEY], 'the ChatApp')]
}

function databaseUrl(namespace: string, beginning: Credential['data'][string]): Credential {
  return {
    namespace,
    name: 'db-credentials',
    data: { url: [...beginning, `:${MYSQL_PORT}/chat`] },
    readers: 'the ChatApp',
  }
}

function redisCredentials(cluster: Cluster): Credential[] {
  const { dataNamespace, chatApp, redis } = cluster.environment
  const { scheme, hosts } = redisAddress(redis, dataNamespace)
  const client = { namespace: chatApp.namespace, name: 'redis-credentials', readers: 'the ChatApp' }
  if (redis.kind === 'external') {
    const password = [':', given('password'), '@']
    const login = { none: [], password, user: [given('username'), ...password] }[redis.login]
    return [
      ...authorityCredentials(chatApp.namespace, redis.caSecret),
      { ...client, data: { url: [`${scheme}://`, ...login, hosts] } },
    ]
  }
  const reader = redis.kind === 'pods' ? 'Redis' : 'the operator of Redis'
  const server = holding(dataNamespace, passwordSecret(redis), ['password'], reader)
  const url = [`${scheme}://:`, copied(server, 'password'), `@${hosts}`]
  return [server, { ...client, data: { url } }]
}

function messagingCredentials({ dataNamespace, chatApp, messaging }: Environment): Credential[] {
  if (messaging === undefined) return []
  const { scheme, host } = messagingAddress(messaging, dataNamespace)
  const client = {
    namespace: chatApp.namespace,
    name: 'messaging-credentials',
    readers: 'the ChatApp, once it has queues',
  }
  if (messaging.kind === 'external') {
    const url = [`${scheme}://`, given('username'), ':', given('password'), `@${host}`]
    return [{ ...client, data: { url } }]
  }
  const user = 'chat'
  const data = { username: [user], password: [held('password')] }
  const server = {
    namespace: dataNamespace,
    name: messaging.credentialsSecret,
    data,
    readers: 'the operator of RabbitMQ',
  }
  const url = [`${scheme}://${user}:`, copied(server, 'password'), `@${host}`]
  return [server, { ...client, data: { url } }]
}

function storageCredentials(environment: Environment): Credential[] {
  const { dataNamespace, chatApp, storage, database } = environment
  if (storage === undefined) return []
  const users = storageUsers(environment, storage)
  const s3 = (client: string) => ({
    [ACCESS_KEY]: [copied(users, `${client}-access-key`)],
    [SECRET_KEY]: [copied(users, `${client}-secret-key`)],
  })
  const config = ['export MINIO_ROOT_USER=root\nexport MINIO_ROOT_PASSWORD=', held('root-password'), '\n']
  const backups = database.kind === 'pxc' ? database.backup?.credentialsSecret : undefined
  return [
    ...(storage.kind === 'external'
      ? []
      : [
          {
            namespace: storage.namespace,
            name: storage.configurationSecret,
            data: { 'config.env': config },
            readers: 'the operator of MinIO; the Job that makes buckets and users',
          },
        ]),
    users,
    ...(backups === undefined
      ? []
      : [{ namespace: dataNamespace, name: backups, data: s3('backup'), readers: 'the backups of the database' }]),
    {
      namespace: chatApp.namespace,
      name: 'storage-credentials',
      data: s3('application'),
      readers: 'the ChatApp, once it keeps files',
    },
  ]
}

/**
 * The users of the buckets. The platform chooses their keys for a Tenant; those of an external S3, with the owner's,
 * are given.
 */
function storageUsers({ regions }: Environment, storage: StorageValues): Credential {
  const external = storage.kind === 'external'
  const replicator = external || regions === undefined ? [] : ['replication']
  const clients = [...(external ? ['owner'] : []), 'backup', 'application', ...replicator]
  const keys = clients.flatMap((client) => [`${client}-access-key`, `${client}-secret-key`])
  const name = external ? storage.usersSecret : TENANT_USERS_SECRET
  return holding(storage.namespace, name, keys, 'the Job that makes buckets and users')
}

function alertCredentials({ monitoring, secrets }: Environment): Credential[] {
  if (monitoring === undefined) return []
  const silent = ['route: { receiver: nobody }\nreceivers:\n  - name: nobody\n']
  const configuration =
    secrets.kind === 'generated'
      ? silent
      : [
          'route: { receiver: on-call, group_by: [alertname, namespace] }\nreceivers:\n  - name: on-call\n    webhook_configs:\n      - url: ',
          held('webhook-url'),
          '\n',
        ]
  const { namespace, alertmanager } = monitoring
  const data = { 'alertmanager.yaml': configuration }
  return [{ namespace, name: alertmanager.configSecret, data, readers: 'Alertmanager' }]
}

function dnsCredentials({ certificates }: Environment): Credential[] {
  const dns01 = certificates?.acme?.dns01
  const secret = dns01 === undefined ? undefined : dnsSecret(dns01)
  if (certificates === undefined || secret === undefined) return []
  return [holding(certificates.namespace, secret.name, [secret.key], 'cert-manager, to answer challenges in the DNS')]
}

function jwt({ chatApp: { namespace } }: Environment): Credential {
  return {
    namespace,
    name: 'jwt-secret',
    data: { secret: [held('secret', JWT_LENGTH_CHARACTERS)] },
    readers: 'the ChatApp',
  }
}
