import { single, small, full } from '../../testing/environments.ts'
import { expect, test } from 'vitest'
import { activeCluster } from '../../check/clusters.ts'
import { one, podOf, type Loose } from '@chat-app/chat/testing'
import type { Environment } from '../../environment/environment.ts'
import { databaseObjects } from '../../testing/database.ts'
import type { PxcValues } from '../../environment/database.ts'

const job = (environment: Environment): Loose => one(databaseObjects(activeCluster(environment)), 'Job', 'db-bootstrap')

test('the Job runs as a restricted pod with the client of the database itself', () => {
  const pod = podOf(job(full))
  const [container] = pod.containers
  expect(pod).toMatchObject({
    automountServiceAccountToken: false,
    restartPolicy: 'OnFailure',
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  })
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  expect(container.image).toBe((full.database as PxcValues).image)
  expect(container.resources).toMatchObject({ requests: expect.anything(), limits: expect.anything() })
})

test('it retries within limits', () => {
  expect(job(full).spec).toMatchObject({ backoffLimit: 10, activeDeadlineSeconds: 3600 })
})

test('it reads passwords from files, and verifies the server', () => {
  const { containers, volumes } = podOf(job(full))
  expect(containers[0].env.filter((variable: Loose) => variable.valueFrom !== undefined)).toEqual([])
  expect(containers[0].env).toContainEqual({ name: 'DATABASE_HOST', value: 'db-haproxy.data.svc' })
  const { sources } = volumes.find(({ name }: Loose) => name === 'secrets').projected
  expect(sources.map(({ secret }: Loose) => [secret.name, secret.items.map(({ path }: Loose) => path)])).toEqual([
    ['mysql-secrets', ['root']],
    ['mysql-application-users', ['blue', 'green']],
    ['db-ssl', ['ca.crt']],
  ])
})

test('the name of the Job changes with the image only', () => {
  const newer = { ...full, database: { ...(full.database as PxcValues), image: 'docker.io/percona/pxc:8.4.1' } }
  expect(job(full).metadata.name).toMatch(/^db-bootstrap-[0-9a-f]{8}$/)
  expect(job(newer).metadata.name).not.toBe(job(full).metadata.name)
  expect(job(single).metadata.name).toBe(job(single).metadata.name)
})

test('MariaDB creates its users without a Job', () => {
  expect(databaseObjects(activeCluster(small)).map(({ kind }) => kind)).toEqual(['Service', 'StatefulSet'])
})
