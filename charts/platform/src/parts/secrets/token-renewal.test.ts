import { regional, full } from '../../testing/environments.ts'
import { expect, test } from 'vitest'
import { activeCluster } from '../../check/clusters.ts'
import { one, type Loose } from '@chat-app/chat/testing'
import { applied } from '../../bundle.ts'
import type { Environment } from '../../environment/environment.ts'

test('it runs as a restricted pod, with the Secret of the nodes', () => {
  const { metadata, spec } = one(applied(activeCluster(regional)), 'CronJob', 'renew-vault-token')
  expect(metadata.namespace).toBe('data')
  const pod = spec.jobTemplate.spec.template.spec
  expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } })
  expect(pod.volumes).toEqual([{ name: 'vault', secret: { secretName: 'db-vault' } }])
  expect(pod.containers[0].securityContext).toMatchObject({
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
})

test('it trusts a private authority of Vault', () => {
  const variables = (environment: Environment) => {
    const { spec } = one(applied(activeCluster(environment)), 'CronJob', 'renew-vault-token')
    return spec.jobTemplate.spec.template.spec.containers[0].env.map(({ name }: Loose) => name)
  }
  expect(variables(full)).toEqual(['KEYRING'])
  const authority = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
  const secrets = { ...full.secrets, authority } as Environment['secrets']
  expect(variables({ ...full, secrets })).toEqual(['KEYRING', 'NODE_EXTRA_CA_CERTS'])
})
