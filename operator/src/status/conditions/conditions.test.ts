import { describe, expect, test } from 'vitest'
import type { Observed, Sources } from '../../observe/observed.ts'
import { deployment, job, migratePod, observed, pod } from '../../testing/observed.ts'
import type { State } from '../verdict.ts'
import { clustersReady } from './clusters-ready.ts'
import { databaseReachable } from './database-reachable.ts'
import { migrated } from './migrated.ts'
import { secretsAvailable } from './secrets-available.ts'
import { serviceAvailable } from './service-available.ts'

type Condition = (observed: Observed) => State | undefined

/** A situation, and the condition that follows from it. */
type Case = [situation: string, observed: Observed, status: string, reason: string, message: string]

function expectCondition(condition: Condition, cases: Case[]): void {
  test.each(cases)('%s', (_situation, seen, status, reason, message) => {
    expect(condition(seen)).toMatchObject({ status, reason, message })
  })
}

const pulling = { state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image:\n not found' } } }
const pullingPod = pod('api', { isReady: false, phase: 'Pending', container: pulling })
const noApi = deployment('api', 1, { readyReplicas: 0, availableReplicas: 0, conditions: [] })
const dbDown = {
  pod: 'chat-api-1',
  down: { redis: 'redis r:6379: timeout', db: 'database chat-db:3306: connect ECONNREFUSED' },
}
const redisDown = { pod: 'chat-api-1', down: { redis: 'redis r:6379: timeout' } }
const unreadyApi = pod('api', { isReady: false })

describe('SecretsAvailable', () => {
  const missing = { reason: 'MissingSecret', message: 'Secret "a" does not exist' } as const
  const invalid = { reason: 'InvalidSecret', message: 'Secret "b" is short' } as const
  expectCondition(secretsAvailable, [
    [
      'all exist',
      observed(),
      'True',
      'Available',
      'Secrets db-credentials, redis-credentials, jwt-secret are complete',
    ],
    ['one is missing', observed({ secretFaults: [missing] }), 'False', 'MissingSecret', missing.message],
    [
      'two have a fault',
      observed({ secretFaults: [invalid, missing] }),
      'False',
      'InvalidSecret',
      'Secret "b" is short; Secret "a" does not exist',
    ],
  ])
})

describe('ClustersReady', () => {
  const fault = {
    reason: 'WaitingForCluster',
    message: 'waiting for PerconaXtraDBCluster db/mysql: 2/3 nodes ready',
  } as const
  const refusal = { reason: 'RefNotPermitted', message: 'the operator may not read RedisCluster db/cache' } as const
  const clusterRef = {
    apiGroup: 'pxc.percona.com',
    kind: 'PerconaXtraDBCluster' as const,
    name: 'mysql',
    namespace: 'db',
  }
  expectCondition(clustersReady, [
    [
      'the named cluster is ready',
      observed({}, { database: { clusterRef } }),
      'True',
      'Ready',
      'PerconaXtraDBCluster db/mysql: ready',
    ],
    [
      'the named cluster is not ready',
      observed({ clusterFaults: [fault] }, { database: { clusterRef } }),
      'False',
      'WaitingForCluster',
      fault.message,
    ],
    [
      'another cluster may not be read',
      observed({ clusterFaults: [fault, refusal] }, { database: { clusterRef } }),
      'False',
      'RefNotPermitted',
      `${fault.message}; ${refusal.message}`,
    ],
  ])
  test('without a named cluster, and while none is needed, there is no condition', () => {
    expect(clustersReady(observed())).toBeUndefined()
    expect(clustersReady(observed({}, { database: { clusterRef }, hibernated: true }))).toBeUndefined()
  })
})

describe('DatabaseReachable', () => {
  expectCondition(databaseReachable, [
    ['a pod is ready', observed(), 'True', 'Reachable', 'the ready pods have a connection'],
    [
      'a pod reports that it is not, while another one is ready',
      observed({ health: [dbDown] }),
      'False',
      'DatabaseUnreachable',
      'pod chat-api-1: database chat-db:3306: connect ECONNREFUSED',
    ],
    ['only the migration has run', observed({ pods: [] }), 'True', 'Reachable', 'the migration has connected to it'],
    [
      'no pod has run yet',
      observed({ pods: [], job: undefined }),
      'Unknown',
      'NotAsked',
      'no running pod has connected to it',
    ],
    [
      'a pod reports that another component is down',
      observed({ pods: [unreadyApi], health: [redisDown], job: undefined }),
      'Unknown',
      'NotAsked',
      'no running pod has connected to it',
    ],
  ])
})

describe('Migrated', () => {
  const running = job()
  const refusal = { uid: 'u-job', words: 'exceeded quota: compute', atMs: Date.parse('2026-01-01T00:00:05Z') }
  expectCondition(migrated, [
    ['the Job is complete', observed(), 'True', 'Migrated', 'the schema has version 3'],
    [
      'its pod was deleted',
      observed({ pods: [] }),
      'True',
      'Migrated',
      'the migration has ended; its pod left no result, so the release can go back',
    ],
    ['there is no Job', observed({ job: undefined }), 'Unknown', 'NotStarted', 'the migration to 1.0.0 has not begun'],
    [
      'hibernated',
      observed({ job: undefined }, { hibernated: true }),
      'Unknown',
      'Hibernated',
      'hibernated: no migration runs',
    ],
    ['the Job runs', observed({ job: running, pods: [] }), 'False', 'Migrating', 'waiting for Job chat-migrate-1'],
    [
      'the Job has begun',
      observed({ job: { ...running, status: { startTime: '2026-01-01T12:03:04Z' } }, pods: [] }),
      'False',
      'Migrating',
      'waiting for Job chat-migrate-1 since 12:03:04Z',
    ],
    [
      'its pod is refused',
      observed({ job: running, pods: [], refusals: { 'chat-migrate-1': refusal } }),
      'False',
      'PodsRefused',
      'Job chat-migrate-1: exceeded quota: compute',
    ],
    [
      'its pods are refused until the Job has failed',
      observed({ job: job('Failed', 'too late'), pods: [], refusals: { 'chat-migrate-1': refusal } }),
      'False',
      'PodsRefused',
      'Job chat-migrate-1: exceeded quota: compute',
    ],
    [
      'a pod was created after the refusal',
      observed({
        job: running,
        pods: [pod('migrate', { isReady: false, created: '2026-01-01T00:00:05Z' })],
        refusals: { 'chat-migrate-1': refusal },
      }),
      'False',
      'Migrating',
      'waiting for Job chat-migrate-1',
    ],
    [
      'a pod of another Job of the name was refused',
      observed({ job: running, pods: [], refusals: { 'chat-migrate-1': { ...refusal, uid: 'former' } } }),
      'False',
      'Migrating',
      'waiting for Job chat-migrate-1',
    ],
    [
      'a pod failed, and the Job tries another',
      observed({ job: running, pods: [migratePod({ exitCode: 1, message: '{"error":"table is locked"}' })] }),
      'False',
      'MigrationFailed',
      'Job chat-migrate-1: table is locked',
    ],
    [
      'a pod failed without a message',
      observed({ job: running, pods: [migratePod({ exitCode: 137, message: '' })] }),
      'False',
      'MigrationFailed',
      'Job chat-migrate-1: it ended with code 137',
    ],
    [
      'the Job has failed and its pods were deleted',
      observed({ job: job('Failed', 'Job was active longer than specified deadline'), pods: [] }),
      'False',
      'MigrationFailed',
      'Job chat-migrate-1: Because: Job was active longer than specified deadline',
    ],
    [
      'it waits for the database',
      observed({
        job: running,
        pods: [pod('migrate', { isReady: false })],
        health: [{ pod: 'chat-migrate-1', down: { db: 'database chat-db:3306: connect ETIMEDOUT' } }],
      }),
      'False',
      'DatabaseUnreachable',
      'pod chat-migrate-1: database chat-db:3306: connect ETIMEDOUT',
    ],
    [
      'its image cannot be pulled',
      observed({ job: running, pods: [pod('migrate', { isReady: false, container: pulling })] }),
      'False',
      'ImagePullFailed',
      'image registry/image:1 of pod chat-migrate-1 cannot be pulled: Back-off pulling image: not found',
    ],
  ])
})

describe('ApiAvailable', () => {
  const blocked = (changes: Partial<Sources>) => observed({ deployments: { api: noApi }, ...changes })
  const terminated = { exitCode: 1, reason: 'Error', message: 'Error: no such file' }
  const crash = { restartCount: 4, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated } }
  const config = { state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "x" not found' } } }
  const log = JSON.stringify({ msg: 'unexpected error', error: 'Error: no route\n    at x' })
  const crashWithLog = { restartCount: 2, state: { terminated: { exitCode: 78, reason: 'Error', message: log } } }
  const refusing = deployment('api', 1, {
    readyReplicas: 0,
    availableReplicas: 0,
    conditions: [
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: 'pods "chat-api-x" is forbidden: exceeded quota',
        lastUpdateTime: '2026-01-01T00:00:00Z',
      },
    ],
  })
  const unscheduled = { type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }
  expectCondition(serviceAvailable('api'), [
    ['its pods are ready', observed(), 'True', 'Available', '1/1 pods are ready'],
    [
      'old pods are ready while a new one cannot start',
      observed({ pods: [pod('api'), { ...pullingPod, metadata: { ...pullingPod.metadata, name: 'new' } }] }),
      'True',
      'Available',
      '1/1 pods are ready',
    ],
    ['hibernated', observed({}, { hibernated: true }), 'False', 'Hibernated', 'hibernated: no pods are wanted'],
    ['not deployed', observed({ deployments: {}, pods: [] }), 'False', 'NotDeployed', 'chat-api is not deployed yet'],
    [
      'its pods start',
      blocked({ pods: [] }),
      'False',
      'PodsStarting',
      'Deployment chat-api: 1/1 updated, 0/1 available',
    ],
    [
      'an image cannot be pulled',
      blocked({ pods: [pullingPod] }),
      'False',
      'ImagePullFailed',
      'image registry/image:1 of pod chat-api-1 cannot be pulled: Back-off pulling image: not found',
    ],
    [
      'the database and Redis are down: the database comes first',
      blocked({ pods: [unreadyApi], health: [dbDown] }),
      'False',
      'DatabaseUnreachable',
      'pod chat-api-1: database chat-db:3306: connect ECONNREFUSED',
    ],
    [
      'Redis is down',
      blocked({ pods: [unreadyApi], health: [redisDown] }),
      'False',
      'RedisUnreachable',
      'pod chat-api-1: redis r:6379: timeout',
    ],
    [
      'a pod crashes',
      blocked({ pods: [pod('api', { isReady: false, container: crash })] }),
      'False',
      'PodCrashing',
      'pod chat-api-1, container api ended with code 1 (restarts: 4): Error: no such file',
    ],
    [
      'a container cannot be created',
      blocked({ pods: [pod('api', { isReady: false, container: config })] }),
      'False',
      'ContainerCannotStart',
      'pod chat-api-1, container api: CreateContainerConfigError: secret "x" not found',
    ],
    [
      'no node has room for a pod',
      blocked({ pods: [pod('api', { isReady: false, phase: 'Pending', conditions: [unscheduled] })] }),
      'False',
      'Unschedulable',
      'pod chat-api-1 has no node: 0/3 nodes are available',
    ],
    [
      'the cluster refuses its pods',
      observed({
        pods: [],
        deployments: {
          api: deployment('api', 1, {
            readyReplicas: 0,
            availableReplicas: 0,
            conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' }],
          }),
        },
      }),
      'False',
      'PodsRefused',
      'Deployment chat-api: exceeded quota',
    ],
    [
      'the cluster refuses its pods for a later cause',
      observed({
        pods: [],
        deployments: { api: refusing },
        refusals: { 'chat-api': { uid: 'rs', words: 'maximum cpu usage', atMs: Date.parse('2026-01-01T00:00:05Z') } },
      }),
      'False',
      'PodsRefused',
      'Deployment chat-api: maximum cpu usage',
    ],
    [
      'its pods were refused before, and are no more',
      blocked({
        pods: [],
        refusals: { 'chat-api': { uid: 'rs', words: 'maximum cpu usage', atMs: Date.parse('2026-01-01T00:00:05Z') } },
      }),
      'False',
      'PodsStarting',
      'Deployment chat-api: 1/1 updated, 0/1 available',
    ],
    [
      'a container crashed with a log',
      blocked({ pods: [pod('api', { isReady: false, container: crashWithLog })] }),
      'False',
      'PodCrashing',
      'pod chat-api-1, container api ended with code 78 (restarts: 2): unexpected error: Error: no route',
    ],
    [
      'none is wanted',
      observed({ deployments: { api: deployment('api', 0) }, pods: [] }, { api: { replicas: 0 } }),
      'False',
      'ScaledToZero',
      'no pods are wanted: spec.api.replicas is 0',
    ],
    [
      'pods that are being deleted and those of another service do not count',
      blocked({
        pods: [
          pod('api', { isReady: false, leaving: true, container: crash }),
          pod('websocket', { isReady: false, container: pulling }),
        ],
      }),
      'False',
      'PodsStarting',
      'Deployment chat-api: 1/1 updated, 0/1 available',
    ],
  ])
})

describe('WebSocketAvailable', () => {
  expectCondition(serviceAvailable('websocket'), [
    ['its pods are ready', observed(), 'True', 'Available', '2/2 pods are ready'],
  ])
})
