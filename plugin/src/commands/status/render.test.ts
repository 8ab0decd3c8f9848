import { expect, test } from 'vitest'
import type { KubeObject, Pod, StoredChatApp } from '../../cluster/objects.ts'
import { paintFor, unpainted } from '../../text/paint.ts'
import { releasesOf } from './releases.ts'
import { renderStatus } from './render.ts'
import { statusReport } from './report.ts'

const NOW = new Date('2026-03-01T10:00:00Z')
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString().replace('.000Z', 'Z')
const metadata = (name: string, owner = 'uid-chat') => ({
  name,
  namespace: 'here',
  uid: `uid-${name}`,
  creationTimestamp: ago(7200),
  ownerReferences: [{ kind: 'Any', name: 'any', uid: owner }],
})

const chatApp = {
  apiVersion: 'chat-app.com/v1alpha1',
  kind: 'ChatApp',
  metadata: { ...metadata('chat'), generation: 4 },
  spec: { paused: false, hibernated: false },
  status: {
    version: '1.0.0',
    targetVersion: '2.0.0',
    revision: 2,
    api: { ready: 1, desired: 1, summary: '1/1' },
    websocket: { ready: 2, desired: 2, summary: '2/2' },
    urls: { api: 'https://api.example.com' },
    conditions: [
      condition('Ready', 'False', 'RollingOut', 'waiting: 1 of 2 pods', 12),
      condition('Reconciling', 'True', 'RollingOut', 'waiting: 1 of 2 pods', 12),
      condition('Stalled', 'False', 'NotStalled', 'goes on', 12),
      condition('Available', 'True', 'Available', 'serves', 700),
      condition('DatabaseReachable', 'False', 'DatabaseUnreachable', 'no route\u001b[31m to db', 65),
    ],
    lastRollout: {
      revision: 2,
      version: '2.0.0',
      startedAt: ago(30),
      proof: 'Running',
      message: 'passed before',
      sent: 5000,
      acknowledged: 5000,
      lost: 0,
      longestGapMilliseconds: 41,
      reconnects: [0, 1],
    },
  },
} as unknown as StoredChatApp

function condition(type: string, status: string, reason: string, message: string, seconds: number) {
  return { type, status, reason, message, lastTransitionTime: ago(seconds), observedGeneration: 4 }
}

function pod(name: string, version: string, fields: object = {}, conditions: object[] = []): Pod {
  const labels = { 'app.kubernetes.io/component': 'websocket', 'app.kubernetes.io/version': version }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata(name, 'uid-rs'), labels, ...fields },
    spec: { containers: [{ name: 'websocket', env: [{ name: 'DRAIN_PERIOD_SECONDS', value: '60' }] }] },
    status: { phase: 'Running', conditions },
  } as Pod
}

const READY = { type: 'Ready', status: 'True', lastTransitionTime: ago(100) }
const UNREADY = { type: 'Ready', status: 'False', lastTransitionTime: ago(20) }
const LEAVING = { deletionTimestamp: new Date(NOW.getTime() + 67_000).toISOString(), deletionGracePeriodSeconds: 90 }
const crashed = pod('w-crashed', '2.0.0', {}, [UNREADY])
const objects = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata('chat-websocket'),
    spec: { replicas: 2 },
    status: {
      readyReplicas: 2,
      updatedReplicas: 1,
      conditions: [{ type: 'Progressing', status: 'True', lastUpdateTime: ago(15) }],
    },
  },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: metadata('rs', 'uid-chat-websocket') },
  pod('w-new', '2.0.0', {}, [READY]),
  pod('w-old', '1.0.0', LEAVING),
  {
    ...crashed,
    status: {
      ...crashed.status,
      containerStatuses: [
        {
          name: 'websocket',
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
          lastState: { terminated: { exitCode: 78, message: 'one\nREDIS_URL is wrong\n' } },
        },
      ],
    },
  },
  { apiVersion: 'v1', kind: 'Service', metadata: metadata('chat-websocket') },
  { apiVersion: 'v1', kind: 'Service', metadata: metadata('chat-api') },
  {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      ...metadata('chat-1'),
      annotations: { 'chat-app.com/good': '{"number":1,"since":"2026-02-01T00:00:00Z"}', 'chat-app.com/failed': '{' },
    },
    revision: 1,
    data: { version: '1.0.0', operator: '0.1.0' },
  },
]
const metrics = (open: number) => `# HELP x\nchat_connections{a="b"} ${open}\nchat_connections_limit 500\n`
const texts = new Map([
  ['w-new', metrics(7)],
  ['w-old', metrics(120)],
])
const report = statusReport(chatApp, { objects, unread: [] }, { texts, unread: ['metrics of pod x: forbidden'] })

test('a rollout is shown with its waits, connections, drains, proof and releases', () => {
  expect(renderStatus(report, { paint: unpainted, now: NOW }).join('\n')).toBe(`\
ChatApp            here/chat
version            1.0.0, asked for is 2.0.0, release 2
api                1/1 pods ready, https://api.example.com
websocket          2/2 pods ready
Ready              RollingOut for 12s: waiting: 1 of 2 pods
DatabaseReachable  DatabaseUnreachable for 1m5s: no route [31m to db

├─ Deployment/chat-websocket  2/2 ready, 1 of the newest template for 15s
│  ├─ Pod/w-crashed 2.0.0     container websocket: CrashLoopBackOff (3 restarts): exit code 78: REDIS_URL is wrong for 20s
│  ├─ Pod/w-new 2.0.0         ready, 7 connections of 500
│  └─ Pod/w-old 1.0.0         drains for 23s of 60s: 120 connections left
└─ Service                    chat-api, chat-websocket

LAST ROLLOUT
  release     2 (2.0.0), began 30s ago
  proof       Running: passed before
  counted     5000 messages sent, 5000 acknowledged, 0 lost, 0 twice, 0 out of order, longest gap 41 ms
  reconnects  0 and 1 (by user)

RELEASES
  1  1.0.0    made 2h ago  good since 2026-02-01T00:00:00Z
not read: metrics of pod x: forbidden`)
})

test('the report for programs has times, numbers and what is not ready', () => {
  expect(report).toMatchObject({ ready: 'False', isStalled: false, releases: [{ number: 1, runs: [] }] })
  const [deployment] = report.objects
  expect(deployment?.children.find(({ name }) => name === 'w-old')).toMatchObject({
    connections: { open: 120, limit: 500 },
    drain: { since: ago(23), periodSeconds: 60 },
  })
})

test('a condition of a former spec says nothing about the present one', () => {
  const edited = { ...chatApp, metadata: { ...chatApp.metadata, generation: 5 } }
  const ready = { ...condition('Ready', 'True', 'Ready', 'all', 1) }
  const status = { ...chatApp.status, conditions: [ready] } as StoredChatApp['status'] & object
  const nothing = { objects: [], unread: [] }
  const none = { texts: new Map<string, string>(), unread: [] }
  expect(statusReport({ ...chatApp, status }, nothing, none).ready).toBe('True')
  expect(statusReport({ ...edited, status }, nothing, none).ready).toBe('False')
})

test.each([
  [true, {}, true],
  [true, { NO_COLOR: '' }, true],
  [true, { NO_COLOR: '1' }, false],
  [true, { TERM: 'dumb' }, false],
  [false, {}, false],
])('with a terminal: %j and the variables %j there are colours: %j', (isTerminal, env, isColoured) => {
  const lines = renderStatus(report, { paint: paintFor(isTerminal, env), now: NOW })
  expect(lines.join('\n').includes('\u001b[32m')).toBe(isColoured)
})

test.each([
  ['good', '{"since":{"a":1}}'],
  ['good', '[]'],
  ['failed', '{"message":7}'],
  ['failed', 'null'],
  ['proof', '{"before":null,"during":"x"}'],
])('an annotation %s of a record that is %s is ignored', (key, text) => {
  const record = objects.find(({ kind }) => kind === 'ControllerRevision')!
  const broken = { ...record, metadata: { ...record.metadata, annotations: { [`chat-app.com/${key}`]: text } } }
  const data = { version: { not: 'text' }, operator: 1 }
  const records = [data, null].map((value) => Object.assign({}, broken, { data: value }) as KubeObject)
  const [row, empty] = releasesOf(records)
  for (const { version, goodSince, failed, proof } of [row!, empty!])
    expect({ version, goodSince, failed, proof }).toEqual({ version: '?' })
})
