import { small, regional, full, sentinel } from '../../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { applied } from '../../bundle.ts'
import { clustersOf, activeCluster } from '../../check/clusters.ts'
import { one, type Loose } from '@chat-app/chat/testing'
import { EnvironmentError, type Environment } from '../../environment/environment.ts'
import { credentials } from './credentials.ts'
import { sourceOf } from './external.ts'

test('credentials have the names of the values, and copies read from them', () => {
  const redis = { ...full.redis, passwordSecret: 'other-password' }
  const alertmanager = { ...full.monitoring?.alertmanager, configSecret: 'other-receivers' }
  const values = { ...full, redis, monitoring: { ...full.monitoring, alertmanager } } as Environment
  const objects = applied(activeCluster(values))
  expect(one(objects, 'ExternalSecret', 'other-password').metadata.namespace).toBe('data')
  expect(one(objects, 'ExternalSecret', 'other-receivers').metadata.namespace).toBe('metrics')
  expect(one(objects, 'Alertmanager', 'watch').spec.configSecret).toBe('other-receivers')
  const { spec } = one(objects, 'ExternalSecret', 'redis-credentials')
  expect(spec.data).toMatchObject([{ remoteRef: { key: 'chat-app/full/other-password', property: 'password' } }])
})

describe('from Vault', () => {
  const objects = applied(activeCluster(full))

  test('a password is stored once, and a URL is rendered from the password of its user', () => {
    const table = credentials(activeCluster(full))
    const places = table.flatMap(({ name, data }) =>
      Object.values(data)
        .flat()
        .filter((part) => typeof part === 'object' && 'held' in part)
        .map((part) => Object.values(sourceOf(part as never, name, table)).join('/')),
    )
    expect(new Set(places).size).toBe(places.length)
    const { spec } = one(objects, 'ExternalSecret', 'db-credentials')
    expect(spec.data).toEqual([
      {
        secretKey: 'mysql_application_users_blue',
        remoteRef: { key: 'chat-app/full/mysql-application-users', property: 'blue' },
      },
    ])
    expect(spec.target.template.data).toEqual({
      url: 'mysql://chat_blue:{{ .mysql_application_users_blue }}@db-haproxy.data.svc:3306/chat',
    })
  })

  test('each namespace has a role of its own in Vault', () => {
    const stores = objects.filter(({ kind }) => kind === 'SecretStore') as Loose[]
    expect(stores.map(({ metadata, spec }) => [metadata.namespace, spec.provider.vault.auth.kubernetes.role])).toEqual(
      ['data', 'chat', 'files', 'metrics'].map((name) => [name, `role-${name}`]),
    )
  })

  test('each region uses the authentication mount of its cluster', () => {
    const mounts = clustersOf(regional).map((cluster) =>
      (applied(cluster) as Loose[])
        .filter(({ kind }) => kind === 'SecretStore')
        .map(({ spec }) => spec.provider.vault.auth.kubernetes.mountPath),
    )
    expect(mounts.map((each) => [...new Set(each)])).toEqual([['kubernetes-east'], ['kubernetes-west']])
  })

  test('every region has the same ExternalSecrets', () => {
    const [one = [], two] = clustersOf(regional).map((cluster) =>
      applied(cluster).filter(({ kind }) => kind === 'ExternalSecret'),
    )
    expect(one.length).toBeGreaterThan(5)
    expect(two).toEqual(one)
  })

  test('Vault may have a private authority, which External Secrets and the database trust', () => {
    const authority = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
    const of = (secrets: object) => applied(activeCluster({ ...full, secrets } as Environment)) as Loose[]
    const bundles = (objects: Loose[]) =>
      objects.filter(({ kind }) => kind === 'SecretStore').map(({ spec }) => spec.provider.vault.caBundle)
    const named = of({ ...full.secrets, authority })
    expect(new Set(bundles(named).map((bundle) => Buffer.from(bundle, 'base64').toString()))).toEqual(
      new Set([authority]),
    )
    const { data } = one(named, 'ExternalSecret', 'db-vault').spec.target.template
    const { vault_ca: path } = JSON.parse(data['keyring_vault.conf'])
    expect(path).toMatch(/^\/etc\/mysql\/vault-keyring-secret\//)
    expect(data[path.split('/').at(-1)]).toBe(authority)

    expect(new Set(bundles(objects))).toEqual(new Set([undefined]))
    expect(one(objects, 'ExternalSecret', 'db-vault').spec.target.template.data).not.toHaveProperty('ca.cert')
    expect(() => of({ ...full.secrets, authority: 'vault.pem' })).toThrow(
      'secrets.authority: must be certificates in PEM, each ending with a newline (it is "vault.pem")',
    )
  })

  test('the keyring of MySQL 8.4 is JSON, and that of 8.0 has lines', () => {
    const keyring = (environment: Environment): string =>
      one(applied(activeCluster(environment)), 'ExternalSecret', 'db-vault').spec.target.template.data[
        'keyring_vault.conf'
      ]
    expect(JSON.parse(keyring(full))).toEqual({
      token: '{{ .db_vault_token }}',
      vault_url: 'https://vault.example.com:8200',
      secret_mount_point: 'keys',
    })
    const backup = { ...full.database.backup, image: 'docker.io/percona/backup:8.0' }
    const older = { ...full.database, image: 'docker.io/percona/pxc:8.0', crVersion: '1.18.0', backup }
    expect(keyring({ ...full, database: older })).toBe(
      'token = {{ .db_vault_token }}\nvault_url = https://vault.example.com:8200\nsecret_mount_point = keys\n',
    )
  })

  test('an http URL of Vault is rejected', () => {
    const secrets = { ...full.secrets, server: 'http://vault:8200' }
    expect(() => clustersOf({ ...full, secrets })).toThrow(EnvironmentError)
    expect(() => clustersOf({ ...full, secrets })).toThrow(
      'secrets.server: must be an https:// URL: credentials travel over it (it is "http://vault:8200")',
    )
  })
})

test.each([small, sentinel])(
  'the Job that generates the credentials of $name has a name that changes with its table',
  (environment) => {
    const job = (name: string) =>
      one(
        applied(activeCluster({ ...environment, chatApp: { ...environment.chatApp, name } })),
        'Job',
        'generate-secrets',
      )
    const [{ name: variable, value }] = job('chat').spec.template.spec.containers[0].env
    expect(variable).toBe('SECRETS')
    expect(JSON.parse(value).length).toBe(credentials(activeCluster(environment)).length)
    const other = {
      ...environment,
      chatApp: { ...environment.chatApp, namespace: 'elsewhere' },
      operator: { ...environment.operator, watchNamespaces: ['elsewhere'] },
    }
    expect(one(applied(activeCluster(other)), 'Job', 'generate-secrets').metadata.name).not.toBe(
      job('chat').metadata.name,
    )
  },
)

test.each([
  ['Job', 'generate-secrets', sentinel],
  ['CronJob', 'renew-vault-token', full],
] as const)("the %s %s has the imagePullSecrets of the operator's image", (kind, name, environment) => {
  const operator = { ...environment.operator, imagePullSecrets: ['registry'] }
  const { spec } = one(applied(activeCluster({ ...environment, operator })), kind, name)
  const { template } = spec.jobTemplate?.spec ?? spec
  expect(template.spec.imagePullSecrets).toEqual([{ name: 'registry' }])
})
