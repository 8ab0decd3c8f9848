import { certificateSecret } from '../../parts/database/pxc.ts'
import { TRUST } from '../../parts/secrets/authority.ts'
import { serviceNames } from '../../parts/redis/hosts.ts'
import { ownMessaging } from '../../environment/messaging.ts'
import { isOperated, passwordSecret, speaksTls } from '../../environment/redis.ts'
import { TENANT_USERS_SECRET } from '../../environment/storage.ts'
import type { Environment } from '../../environment/environment.ts'
import { mustDiffer, type FieldValue, type Rule } from './rule.ts'

export const nameRules: readonly Rule[] = [
  {
    of: ['database', 'redis', 'messaging'],
    faults: (environment) => mustDiffer(services(environment), ofAnother('Service')),
  },
  {
    of: ['database', 'redis', 'messaging', 'storage', 'monitoring', 'certificates'],
    faults: (environment) =>
      mustDiffer(secrets(environment), ({ value }) => `must be unique: another part has the Secret "${value}"`),
  },
  {
    of: ['database', 'redis', 'messaging', 'storage', 'monitoring'],
    faults: (environment) =>
      environment.monitoring === undefined ? [] : mustDiffer(monitors(environment), ofAnother('monitor')),
  },
]

function ofAnother(kind: string) {
  return ({ value }: FieldValue) => `must be unique: another part has the ${kind} "${value}" in the same namespace`
}

/** The operators make Services in one namespace, named after a field and a suffix of their own. */
function services(environment: Environment): FieldValue[] {
  const { database, redis } = environment
  const messaging = ownMessaging(environment)
  const of = (part: string, names: readonly string[]) => names.map((value) => ({ path: [part, 'name'], value }))
  return [
    { path: [], value: database.kind === 'mariadb' ? 'mariadb' : undefined },
    { path: [], value: redis.kind === 'pods' ? 'redis' : undefined },
    ...of('database', databaseServices(database)),
    ...of('redis', redisServices(redis)),
    ...of('messaging', messaging === undefined ? [] : [messaging.name, `${messaging.name}-nodes`]),
  ]
}

function databaseServices(database: Environment['database']): string[] {
  if (database.kind !== 'pxc') return []
  const made = ['pxc', 'pxc-unready', 'haproxy', 'haproxy-replicas', 'proxysql', 'proxysql-unready']
  return [database.name, ...made.map((part) => `${database.name}-${part}`)]
}

function redisServices(redis: Environment['redis']): string[] {
  if (!isOperated(redis)) return []
  const sentinels = redis.kind === 'sentinel' ? serviceNames({ kind: '', name: `${redis.name}-sentinel` }) : []
  const roles = redis.kind === 'sentinel' ? ['master', 'replica', 'additional'] : ['additional', 'master']
  return [redis.name, ...serviceNames(redis), ...sentinels, ...roles.map((role) => `${redis.name}-${role}`)]
}

/**
 * Two Secrets of one name would be one object, or, in two namespaces, one entry of Vault that both namespaces may read.
 */
function secrets(environment: Environment): FieldValue[] {
  const { database, redis, storage, monitoring, certificates } = environment
  const messaging = ownMessaging(environment)
  const pxc = database.kind === 'pxc' ? database : undefined
  const external = database.kind === 'external' ? database : undefined
  const tenant = storage?.kind === 'tenant' ? storage : undefined
  const dns01 = certificates?.acme?.dns01
  const made = [
    ...madeBy(database),
    // In Vault these hold what their provider has given.
    ...(redis.kind === 'external' ? ['redis-credentials'] : []),
    ...(environment.messaging?.kind === 'external' ? ['messaging-credentials'] : []),
    TRUST,
    ...(pxc === undefined ? [] : [certificateSecret(pxc), `${pxc.name}-ssl-internal`, `internal-${pxc.name}`]),
    ...('name' in redis && speaksTls(redis) ? [`${redis.name}-tls`] : []),
    ...(messaging === undefined
      ? []
      : ['tls', 'default-user', 'erlang-cookie'].map((part) => `${messaging.name}-${part}`)),
    ...(tenant === undefined ? [] : [TENANT_USERS_SECRET, `${tenant.name}-tls`]),
    'platform-ca',
    'platform-root',
    'letsencrypt-staging-account',
    'letsencrypt-prod-account',
    'jwt-secret',
  ]
  return [
    ...made.map((value) => ({ path: [], value })),
    { path: ['redis', 'passwordSecret'], value: redis.kind === 'external' ? undefined : passwordSecret(redis) },
    { path: ['redis', 'caSecret'], value: redis.kind === 'external' ? redis.caSecret : undefined },
    { path: ['database', 'caSecret'], value: external?.caSecret },
    {
      path: ['database', 'users', 'administratorSecret'],
      value: external?.users.madeBy === 'platform' ? external.users.administratorSecret : undefined,
    },
    { path: ['database', 'vaultSecret'], value: pxc?.vaultSecret },
    { path: ['database', 'backup', 'credentialsSecret'], value: pxc?.backup?.credentialsSecret },
    { path: ['messaging', 'credentialsSecret'], value: messaging?.credentialsSecret },
    { path: ['storage', 'configurationSecret'], value: tenant?.configurationSecret },
    { path: ['storage', 'usersSecret'], value: storage?.kind === 'external' ? storage.usersSecret : undefined },
    { path: ['monitoring', 'alertmanager', 'configSecret'], value: monitoring?.alertmanager.configSecret },
    {
      path: ['certificates', 'acme', 'dns01', 'secret'],
      value: dns01 !== undefined && 'secret' in dns01 ? dns01.secret : undefined,
    },
  ]
}

/** The Secrets of the users of the database, whose names are fixed. */
function madeBy(database: Environment['database']): string[] {
  if (database.kind === 'mariadb') return ['mariadb-credentials']
  if (database.kind === 'pxc') return ['mysql-secrets', 'mysql-application-users']
  return ['db-credentials', ...(database.users.madeBy === 'platform' ? ['mysql-application-users'] : [])]
}

/** The monitors of all parts are in the namespace of Prometheus. */
function monitors(environment: Environment): FieldValue[] {
  const { database, redis, storage } = environment
  const messaging = ownMessaging(environment)
  const pxc = database.kind === 'pxc' ? database.name : undefined
  const own = ['chat-app-operator', 'prometheus', 'alertmanager', 'kubelet']
  return [
    ...own.map((value) => ({ path: [], value })),
    { path: ['database', 'name'], value: pxc },
    ...['haproxy', 'pitr'].map((part) => ({ path: ['database', 'name'], value: pxc && `${pxc}-${part}` })),
    { path: ['redis', 'name'], value: 'name' in redis ? redis.name : undefined },
    { path: ['storage', 'name'], value: storage?.kind === 'tenant' ? storage.name : undefined },
    { path: ['messaging', 'name'], value: messaging?.name },
  ]
}
