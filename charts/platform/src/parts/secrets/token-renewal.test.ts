import { environments, prod, staging } from '../../testing/environments/index.ts'
import { expect, test } from 'vitest'
import { activeCluster, clustersOf } from '../../check/clusters.ts'
import { one, type Loose } from '@chat-app/chat/testing'
import { applied } from '../../bundle.ts'
import type { Environment } from '../../environment/environment.ts'

const cronJobs = (environment: Environment) =>
  clustersOf(environment).map((cluster) => applied(cluster).filter(({ kind }) => kind === 'CronJob').length)

test('each cluster whose database is encrypted renews the token of its keys, and no other', () => {
  const counted = environments.map((environment) => [environment.name, cronJobs(environment)])
  expect(counted).toEqual([
    ['local', [0]],
    ['dev', [0]],
    ['test', [0]],
    ['staging', [1]],
    ['prod', [1, 1]],
  ])
  const { vaultSecret: _, ...database } = staging.database as Loose
  expect(cronJobs({ ...staging, database })).toEqual([0])
})

test('it runs restricted, with the Secret that the nodes have', () => {
  const { metadata, spec } = one(applied(activeCluster(prod)), 'CronJob', 'renew-vault-token')
  expect(metadata.namespace).toBe('chat-app-db')
  const pod = spec.jobTemplate.spec.template.spec
  expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } })
  expect(pod.volumes).toEqual([{ name: 'vault', secret: { secretName: 'mysql-vault' } }])
  expect(pod.containers[0].securityContext).toMatchObject({
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
})

test('it trusts the authority of a Vault that has one of its own', () => {
  const variables = (environment: Environment) => {
    const { spec } = one(applied(activeCluster(environment)), 'CronJob', 'renew-vault-token')
    return spec.jobTemplate.spec.template.spec.containers[0].env.map(({ name }: Loose) => name)
  }
  expect(variables(staging)).toEqual(['KEYRING'])
  const authority = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
  const secrets = { ...staging.secrets, authority } as Environment['secrets']
  expect(variables({ ...staging, secrets })).toEqual(['KEYRING', 'NODE_EXTRA_CA_CERTS'])
})
