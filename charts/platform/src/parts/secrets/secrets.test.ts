import { environments, local, prod, staging, test as testing } from '../../testing/environments/index.ts'
import { describe, expect, test } from 'vitest'
import { applied } from '../../bundle.ts'
import { clustersOf, activeCluster } from '../../check/clusters.ts'
import { one, type Loose } from '@chat-app/chat/testing'
import { EnvironmentError, type Environment } from '../../environment/environment.ts'
import type { Copied, Part } from './credential.ts'
import { credentials } from './credentials.ts'
import { sourceOf } from './external.ts'

const clusters = environments.flatMap(clustersOf).map((cluster) => [cluster.folder, cluster] as const)

function nameOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`
}

function isCopied(part: Part): part is Copied {
  return typeof part === 'object' && 'copied' in part
}

describe('the table of credentials', () => {
  test.each(clusters)('of %s has each Secret once, and a copy after what it is copied from', (_, cluster) => {
    const table = credentials(cluster)
    const names = table.map(nameOf)
    expect(new Set(names).size).toBe(names.length)
    for (const [i, { data }] of table.entries()) {
      const origins = Object.values(data)
        .flat()
        .filter(isCopied)
        .map(({ copied }) => nameOf(copied))
      expect(names.slice(0, i)).toEqual(expect.arrayContaining(origins))
    }
  })

  test.each(clusters)('of %s has no value: every key of a password is held or copied', (_, cluster) => {
    const plain = credentials(cluster).flatMap(({ name, data }) =>
      Object.entries(data).flatMap(([key, parts]) =>
        parts.some((part) => typeof part === 'object') ? [] : `${name}/${key}`,
      ),
    )
    // A user's name, and, where nobody is on call, no address of theirs.
    const known = new Set(['alertmanager-config/alertmanager.yaml', 'rabbitmq-application/username'])
    expect(plain.filter((key) => !known.has(key))).toEqual([])
  })

  test.each(clusters)('of %s has the Secrets that the ChatApp reads', (_, cluster) => {
    const ours = credentials(cluster).filter(({ namespace }) => namespace === cluster.environment.chatApp.namespace)
    expect(ours.map(({ name, data }) => [name, Object.keys(data)])).toEqual(
      expect.arrayContaining([
        ['db-credentials', ['url']],
        ['redis-credentials', ['url']],
        ['jwt-secret', ['secret']],
      ]),
    )
  })
})

test('have the names that the values say, and what copies one of them copies that', () => {
  const redis = { ...staging.redis, passwordSecret: 'of-redis' }
  const alertmanager = { ...staging.monitoring?.alertmanager, configSecret: 'whom-to-call' }
  const values = { ...staging, redis, monitoring: { ...staging.monitoring, alertmanager } } as Environment
  const objects = applied(activeCluster(values))
  expect(one(objects, 'ExternalSecret', 'of-redis').metadata.namespace).toBe('chat-app-db')
  expect(one(objects, 'ExternalSecret', 'whom-to-call').metadata.namespace).toBe('monitoring')
  expect(one(objects, 'Alertmanager', 'chat-app-prometheus').spec.configSecret).toBe('whom-to-call')
  const { spec } = one(objects, 'ExternalSecret', 'redis-credentials')
  expect(spec.data).toMatchObject([{ remoteRef: { key: 'chat-app/staging/of-redis', property: 'password' } }])
})

describe('from Vault', () => {
  const objects = applied(activeCluster(staging))

  test('a password stands once: the URL is made from where the password of its user is', () => {
    const table = credentials(activeCluster(staging))
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
        remoteRef: { key: 'chat-app/staging/mysql-application-users', property: 'blue' },
      },
    ])
    expect(spec.target.template.data).toEqual({
      url: 'mysql://chat_blue:{{ .mysql_application_users_blue }}@chat-app-mysql-haproxy.chat-app-db.svc:3306/chat',
    })
  })

  test('each namespace asks as itself', () => {
    const stores = objects.filter(({ kind }) => kind === 'SecretStore') as Loose[]
    expect(stores.map(({ metadata, spec }) => [metadata.namespace, spec.provider.vault.auth.kubernetes.role])).toEqual(
      ['chat-app-db', 'chat-app', 'chat-app-storage', 'monitoring'].map((name) => [name, `chat-app-${name}`]),
    )
  })

  test('each region asks where Vault knows the tokens of its cluster', () => {
    const mounts = clustersOf(prod).map((cluster) =>
      (applied(cluster) as Loose[])
        .filter(({ kind }) => kind === 'SecretStore')
        .map(({ spec }) => spec.provider.vault.auth.kubernetes.mountPath),
    )
    expect(mounts.map((each) => [...new Set(each)])).toEqual([
      ['kubernetes-prod-eu-central'],
      ['kubernetes-prod-us-east'],
    ])
  })

  test('every region has the same', () => {
    const [one = [], two] = clustersOf(prod).map((cluster) =>
      applied(cluster).filter(({ kind }) => kind === 'ExternalSecret'),
    )
    expect(one.length).toBeGreaterThan(5)
    expect(two).toEqual(one)
  })

  test('may have a certificate of a private authority, which External Secrets and the database then trust', () => {
    const authority = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
    const of = (secrets: object) => applied(activeCluster({ ...staging, secrets } as Environment)) as Loose[]
    const bundles = (objects: Loose[]) =>
      objects.filter(({ kind }) => kind === 'SecretStore').map(({ spec }) => spec.provider.vault.caBundle)
    const named = of({ ...staging.secrets, authority })
    expect(new Set(bundles(named).map((bundle) => Buffer.from(bundle, 'base64').toString()))).toEqual(
      new Set([authority]),
    )
    const { data } = one(named, 'ExternalSecret', 'mysql-vault').spec.target.template
    const [, path = ''] =
      /^vault_ca = \/etc\/mysql\/vault-keyring-secret\/(.+)$/m.exec(data['keyring_vault.conf']) ?? []
    expect(data[path]).toBe(authority)

    expect(new Set(bundles(objects))).toEqual(new Set([undefined]))
    expect(one(objects, 'ExternalSecret', 'mysql-vault').spec.target.template.data).not.toHaveProperty('ca.cert')
    expect(() => of({ ...staging.secrets, authority: 'vault.pem' })).toThrow(
      'secrets.authority: must be certificates in PEM, each ending with a line end (it is "vault.pem")',
    )
  })

  test('over plain HTTP is refused', () => {
    const secrets = { ...staging.secrets, server: 'http://vault:8200' }
    expect(() => clustersOf({ ...staging, secrets })).toThrow(EnvironmentError)
    expect(() => clustersOf({ ...staging, secrets })).toThrow(
      'secrets.server: must be an https:// URL: credentials travel over it (it is "http://vault:8200")',
    )
  })
})

test.each([local, testing])('a Job makes those of $name, named by its table', (environment) => {
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
})

test.each([
  ['Job', 'generate-secrets', testing],
  ['CronJob', 'renew-vault-token', staging],
] as const)("the %s %s pulls the operator's image with the login that it needs", (kind, name, environment) => {
  const operator = { ...environment.operator, imagePullSecrets: ['registry'] }
  const { spec } = one(applied(activeCluster({ ...environment, operator })), kind, name)
  const { template } = spec.jobTemplate?.spec ?? spec
  expect(template.spec.imagePullSecrets).toEqual([{ name: 'registry' }])
})
