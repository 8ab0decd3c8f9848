import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster, Connect } from '../../cluster/cluster.ts'
import { runCommand } from '../../testing/run.ts'
import type { Finding } from './finding.ts'

const OPTION = '--kubeconfig=./evil'

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'chat-app-doctor-'))))
afterAll(() => rm(folder, { recursive: true }))

type Answer = (args: readonly string[]) => string | undefined

/** Runs `doctor` with a ChatApp. @param answers JSON of the cluster, which is empty otherwise */
async function doctor(metadata: object, spec: object, args: readonly string[] = [], answers: Answer = () => undefined) {
  const file = join(folder, 'chatapp.json')
  const chatApp = { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata, spec }
  await writeFile(file, JSON.stringify(chatApp))
  const asked: string[] = []
  const results: Cluster['results'] = async (given) => {
    asked.push(...given)
    return { code: 0, out: answers(given) ?? '{"items":[]}', err: '' }
  }
  const connect: Connect = () => ({ results, kubectl: async () => '', inNamespace: [] })
  const { code, out, err } = await runCommand(connect, ['doctor', '-f', file, '-o', 'json', ...args])
  const { findings } = JSON.parse(out || '{"findings":[]}') as { findings: (Finding & { check: string })[] }
  return { code, err, asked, findings }
}

const NAMES = { name: 'chat', namespace: 'here' }

test.each([
  ['name', { name: OPTION, namespace: 'here' }],
  ['namespace', { name: 'chat', namespace: OPTION }],
  ['namespace', { name: 'chat', namespace: 5 }],
])('a %s that no object can have is refused before kubectl gets it', async (field, metadata) => {
  const { code, err, asked } = await doctor(metadata, { version: '1.0.0' })
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(`metadata.${field} is `) as string })
  expect(asked.filter((arg) => arg.includes(OPTION))).toEqual([])
})

test('names of a podTemplate that no object can have are missing, and kubectl gets none of them', async () => {
  const volumes = [
    { name: 'a', persistentVolumeClaim: { claimName: OPTION } },
    { name: 'b', ephemeral: { volumeClaimTemplate: { spec: { storageClassName: OPTION } } } },
    { name: 'c', secret: { secretName: OPTION } },
  ]
  const pullSecrets = [{ name: OPTION }]
  const { asked, findings } = await doctor(NAMES, {
    version: '1.0.0',
    images: { pullSecrets },
    api: { podTemplate: { spec: { volumes } } },
  })
  const missing = findings.filter(({ level, where }) => level === 'error' && where.includes(OPTION))
  expect(new Set(missing.map(({ where }) => where))).toEqual(
    new Set(['PersistentVolumeClaim', 'Secret', 'StorageClass'].map((kind) => `${kind}/${OPTION}`)),
  )
  expect(asked.filter((arg) => arg.includes(OPTION))).toEqual([])
  expect(asked).toContain('secrets/db-credentials')
})

const outcome = { purpose: 'database', nodes: 1, failed: 1, faults: ['ECONNREFUSED'] }
const SECRETS = ['db-credentials', 'redis-credentials', 'jwt-secret'].map((name) => ({
  metadata: { name },
  data: { url: 'eA==', secret: 'eA==' },
}))

/** A pod that has left this message. */
function leaving(message: unknown): Answer {
  const terminated = { exitCode: 0, message: JSON.stringify(message) }
  const pod = { status: { containerStatuses: [{ name: 'migrate', state: { terminated } }] } }
  return (args) => {
    if (args.includes('secrets/db-credentials')) return JSON.stringify({ items: SECRETS })
    const isOfJob = args.some((arg) => arg.startsWith('batch.kubernetes.io/job-name='))
    return isOfJob ? JSON.stringify({ items: [pod] }) : undefined
  }
}

test.each([
  ['what the pod says', [outcome], 'Unreachable'],
  ['a null in it', [null], 'PodFailed'],
  ['faults that are no list', [{ ...outcome, faults: 'x' }], 'PodFailed'],
  ['a purpose of an object', [{ ...outcome, purpose: 'toString' }], 'PodFailed'],
  ['a number that is none', [{ ...outcome, nodes: {} }], 'PodFailed'],
])('--connect judges %s', async (_what, message, reason) => {
  const { findings } = await doctor(NAMES, { version: '1.0.0' }, ['--connect'], leaving(message))
  expect(findings.filter(({ check }) => check === 'Connections').map((finding) => finding.reason)).toEqual([reason])
})

test('--connect that fails loses no finding', async () => {
  const broken: Answer = (args) => {
    if (args[0] === 'create' && args[1] === '--filename' && args.includes('name')) throw new Error('gone')
    return leaving([])(args)
  }
  const { findings } = await doctor(NAMES, { version: '1.0.0' }, ['--connect'], broken)
  const tried = findings.filter(({ check }) => check === 'Connections')
  expect(tried).toMatchObject([{ level: 'skipped', what: 'not checked: gone' }])
  expect(findings.length).toBeGreaterThan(tried.length)
})
