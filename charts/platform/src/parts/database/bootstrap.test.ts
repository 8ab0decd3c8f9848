import { dev, local, staging } from '../../testing/environments/index.ts'
import { expect, test } from 'vitest'
import { activeCluster } from '../../check/clusters.ts'
import { one, podOf, type Loose } from '@chat-app/chat/testing'
import type { Environment } from '../../environment/environment.ts'
import { databaseObjects } from './testing.ts'
import type { PxcValues } from '../../environment/database.ts'

const job = (environment: Environment): Loose =>
  one(databaseObjects(activeCluster(environment)), 'Job', 'chat-app-mysql-bootstrap')

test('the Job runs as a restricted pod with the client of the database itself', () => {
  const pod = podOf(job(staging))
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
  expect(container.image).toBe((staging.database as PxcValues).image)
  expect(container.resources).toMatchObject({ requests: expect.anything(), limits: expect.anything() })
})

test('it tries again, within bounds, and goes when it is done, so that a later deployment runs it again', () => {
  expect(job(staging).spec).toMatchObject({
    backoffLimit: 10,
    activeDeadlineSeconds: 3600,
    ttlSecondsAfterFinished: 3600,
  })
})

test('it reads its passwords from files, and verifies whom it sends them to', () => {
  const { containers, volumes } = podOf(job(staging))
  expect(containers[0].env.filter((variable: Loose) => variable.valueFrom !== undefined)).toEqual([])
  expect(containers[0].env).toContainEqual({ name: 'DATABASE_HOST', value: 'chat-app-mysql-haproxy.chat-app-db.svc' })
  const { sources } = volumes.find(({ name }: Loose) => name === 'secrets').projected
  expect(sources.map(({ secret }: Loose) => [secret.name, secret.items.map(({ path }: Loose) => path)])).toEqual([
    ['mysql-secrets', ['root']],
    ['mysql-application-users', ['blue', 'green']],
    ['chat-app-mysql-ssl', ['ca.crt']],
  ])
})

test('another image makes another Job, the same values the same', () => {
  const newer = { ...staging, database: { ...(staging.database as PxcValues), image: 'percona/pxc:9.9' } }
  expect(job(staging).metadata.name).toMatch(/^chat-app-mysql-bootstrap-[0-9a-f]{8}$/)
  expect(job(newer).metadata.name).not.toBe(job(staging).metadata.name)
  expect(job(dev).metadata.name).toBe(job(dev).metadata.name)
})

test('a MariaDB of one pod makes its users by itself', () => {
  expect(databaseObjects(activeCluster(local)).map(({ kind }) => kind)).toEqual(['Service', 'StatefulSet'])
})
