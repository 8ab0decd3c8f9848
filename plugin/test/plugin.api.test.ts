import { REVISION } from '@chat-app/chat/labels'
import { CHAT_APPS, CHILDREN, CONTROLLER_REVISIONS, DEPLOYMENTS, JOBS, PODS } from '@chat-app/chat/resources'
import { eventually, readyChat, test, type Chat } from '@chat-app/operator/testing'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, inject, onTestFinished } from 'vitest'
import { connectBy } from '../src/cluster/cluster.ts'
import type { Plan } from '../src/commands/plan/plan.ts'
import type { StatusReport } from '../src/commands/status/report.ts'
import { runCommand, type Ran } from '../src/testing/run.ts'

const connect = () => connectBy({ binary: inject('kubectl'), kubeconfig: inject('kubeconfig') })

function run({ namespace }: Chat, args: readonly string[], answer?: string): Promise<Ran> {
  return runCommand(connect(), [...args, '-n', namespace], answer)
}

async function statusOf(chat: Chat): Promise<StatusReport> {
  return JSON.parse((await run(chat, ['status', 'chat', '-o', 'json'])).out) as StatusReport
}

async function annotation(chat: Chat, name: string): Promise<string | undefined> {
  return (await chat.get(CHAT_APPS, 'chat'))?.metadata.annotations?.[`chat-app.com/${name}`]
}

/** Two good releases, of which the second one runs. Waits without kubectl, of which each request is a process. */
async function twoReleases(chat: Chat): Promise<void> {
  await readyChat(chat)
  await chat.chatApp({ version: '2.0.0' })
  await chat.reason('Ready')
}

/** Waits until the Deployments of both services have the template of a release. */
async function runs(chat: Chat, number: number): Promise<void> {
  await eventually(async () => {
    const deployments = await chat.list(DEPLOYMENTS)
    expect(deployments.map(({ metadata }) => metadata.annotations?.[REVISION])).toEqual([`${number}`, `${number}`])
  })
}

describe.concurrent('kubectl chatapp status', () => {
  test('shows everything that a ready ChatApp owns', async ({ chat }) => {
    await readyChat(chat)
    const { code, out } = await run(chat, ['status', 'chat'])
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^ChatApp +${chat.namespace}/chat$`, 'm'))
    expect(out).toMatch(/^version +1\.0\.0, release 1, schema 3$/m)
    expect(out).toMatch(/^Ready +Ready for \d+s: everything is as desired$/m)
    expect(out).toMatch(/^├─ Deployment\/chat-api +1\/1 ready$/m)
    expect(out).toMatch(/^│ {2}└─ Pod\/chat-api-\S+ 1\.0\.0 +ready$/m)
    expect(out).toMatch(/^├─ Deployment\/chat-websocket +2\/2 ready$/m)
    expect(out).toMatch(/^├─ Job\/chat-migrate-\S+ +complete$/m)
    expect(out).toMatch(/^├─ NetworkPolicy +chat-api, .*chat-websocket$/m)
    expect(out).toMatch(/^ {2}1 {2}1\.0\.0 {2}runs \(api, websocket\) {2}made \d+s ago {2}good since /m)
  })

  test('names what a ChatApp waits for and since when, and has an exit code for it', async ({ chat }) => {
    await chat.chatApp()
    expect(await run(chat, ['status', 'chat'])).toMatchObject({ code: 3 })
    await chat.operator()
    await chat.reason('MissingSecret')
    const { code, out } = await run(chat, ['status', 'chat'])
    expect(code).toBe(3)
    expect(out).toMatch(/^Ready +MissingSecret for \d+s: Secret "db-credentials" does not exist/m)
    chat.kubelet.behave(() => undefined)
    await chat.secrets()
    await chat.reason('Migrating')
    await eventually(async () => expect((await chat.list(JOBS))[0]?.['status']).toMatchObject({ active: 1 }))
    const { objects } = await statusOf(chat)
    const job = objects.find(({ kind }) => kind === 'Job')
    expect(job).toMatchObject({ state: { is: 'waiting', text: 'runs', since: expect.any(String) as string } })
    expect(job?.children).toMatchObject([{ kind: 'Pod', state: { is: 'waiting', text: 'its containers start' } }])
  })

  test('tells what a program cannot read, and shows the rest', async ({ chat }) => {
    await readyChat(chat)
    const { code, out } = await runCommand(await asReader(chat), ['status', 'chat', '-n', chat.namespace])
    expect(code).toBe(0)
    expect(out).toMatch(/^[├└]─ Deployment\/chat-api +1\/1 ready$/m)
    expect(out).toMatch(/not read: forbidden to list: .*pods.* \(User "reader" in the namespace/)
    expect(out).not.toContain('Pod/')
  })

  test('lists the ChatApps of a namespace, and refuses a name that is not there', async ({ chat }) => {
    await readyChat(chat)
    const { out } = await run(chat, ['status'])
    expect(out).toMatch(new RegExp(`^${chat.namespace} +chat +True +1/1 +2/2 +1.0.0 +1 +\\d+s +Ready$`, 'm'))
    const missing = await run(chat, ['status', 'other'])
    expect(missing.code).toBe(1)
    expect(missing.err).toContain('chatapps.chat-app.com "other" not found: "kubectl chatapp status -A" lists all')
  })
})

describe.concurrent('kubectl chatapp plan', () => {
  test('says what kubectl apply would lead to, and writes nothing', async ({ chat }) => {
    await readyChat(chat)
    const before = await versionsOf(chat)
    const { code, out } = await planned(connect(), chat, { version: '2.0.0' }, '-o', 'json')
    const plan = JSON.parse(out) as Plan
    expect(code).toBe(5)
    expect(plan.services.map(({ deployment, effect }) => [deployment, effect])).toEqual([
      ['chat-api', 'Restart'],
      ['chat-websocket', 'Restart'],
    ])
    expect(plan.changes).toEqual([{ path: 'spec.version', from: '1.0.0', to: '2.0.0' }])
    expect(plan.release).toEqual({ number: 2, version: '2.0.0', isNew: true })
    expect(await planned(connect(), chat, {})).toMatchObject({
      code: 0,
      out: expect.stringContaining('no pod restarts'),
    })
    const refused = await planned(connect(), chat, { api: { replica: 5 } })
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toContain('unknown field "spec.api.replica"')
    const created = await planned(connect(), chat, {}, '-o', 'json', { name: 'other' })
    expect((JSON.parse(created.out) as Plan).services.map(({ effect }) => effect)).toEqual(['Start', 'Start'])
    expect(await versionsOf(chat)).toEqual(before)
  })

  test('is made without a right to change or to read more than the ChatApp, and says what it lacks', async ({
    chat,
  }) => {
    await readyChat(chat)
    const { code, out } = await planned(await asReader(chat), chat, { version: '2.0.0' }, '-o', 'json')
    const plan = JSON.parse(out) as Plan
    expect({ code, restarts: plan.services.map(({ component }) => component) }).toEqual({
      code: 5,
      restarts: ['api', 'websocket'],
    })
    expect(plan.unpredicted.join('\n')).toMatch(/you may not patch ChatApps, so .*defaults of this plugin/)
    expect(plan.unpredicted.join('\n')).toMatch(/objects that were not read: forbidden to list: .*controllerrevisions/)
  })
})

describe.concurrent('kubectl chatapp report', () => {
  test('has everything but the values of Secrets and of variables', async ({ chat }) => {
    const folder = await mkdtemp(join(tmpdir(), 'chat-app-report-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const { kubectl } = connect()({ namespace: chat.namespace })
    await chat.secret('db-credentials', { url: 'mysql://chat:CANARYdatabase1@mariadb:3306/chat' })
    await chat.secret('redis-credentials', { url: 'redis://:CANARYredis1@redis:6379' })
    await chat.secret('jwt-secret', { secret: 'CANARYjwt0123456789abcdef0123456789' })
    const env = [{ name: 'EXTRA', value: 'CANARYvariable' }]
    const podTemplate = { spec: { containers: [{ name: 'api', env }] } }
    const spec = { version: '1.0.0', api: { replicas: 1, podTemplate }, websocket: { replicas: 1 } }
    const kind = { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp' }
    const object = { ...kind, metadata: { name: 'chat', namespace: chat.namespace }, spec }
    // kubectl repeats the object in an annotation.
    await kubectl(['apply', '-f', '-'], { input: JSON.stringify(object) })
    await chat.operator()
    await chat.reason('Ready')
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'canary', namespace: chat.namespace },
      involvedObject: { ...kind, name: 'chat', namespace: chat.namespace },
      message: `no login with CANARYredis1, ${Buffer.from('CANARYdatabase1').toString('base64')}`,
      reason: 'Test',
      type: 'Warning',
    }
    await kubectl(['create', '-f', '-'], { input: JSON.stringify(event) })
    const file = join(folder, 'report.tar.gz')
    const { code, out, err } = await run(chat, ['report', 'chat', '--out', file])
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(out).toContain(`${file}: `)
    await promisify(execFile)('tar', ['-xzf', file, '-C', folder])
    const paths = await readdir(join(folder, 'report'), { recursive: true })
    expect(paths).toEqual(
      expect.arrayContaining([
        'chatapp.json',
        'crd.json',
        'events.json',
        'not-read.txt',
        'objects/ControllerRevision.json',
        'objects/Deployment.json',
        'objects/Pod.json',
        'status.txt',
        'versions.json',
      ]),
    )
    const files = paths.filter((path) => /\.\w+$/.test(path))
    const texts = await Promise.all(files.map((path) => readFile(join(folder, 'report', path), 'utf8')))
    const all = texts.join('\n')
    expect(all).not.toMatch(/CANARY|Q0FOQVJZ/)
    expect(all).toContain('no login with [redacted], [redacted]')
    expect(all).toContain('"EXTRA"')
    expect(all).toContain('db-credentials')
    expect((await stat(file)).mode & 0o077).toBe(0)
    // The API server reaches no pod without a node, and that is said.
    expect(err).toMatch(/not read: metrics of pods chat-api-/)
    expect(await run(chat, ['report', 'chat', '--out', file])).toMatchObject({ code: 1, out: '' })
  })
})

describe.concurrent('a command that changes a ChatApp', () => {
  test('rolls back to the last good release, and to one by number', async ({ chat }) => {
    await twoReleases(chat)
    const refused = await run(chat, ['rollback', 'chat'])
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toContain('release 1 (1.0.0) runs again in place of 2 (2.0.0)')
    expect(refused.err).toContain('Nothing was changed: without a terminal to ask on, this needs --yes')
    const declined = await run(chat, ['rollback', 'chat'], 'no')
    expect(declined).toMatchObject({ code: 1, questions: ['Go on? [y/N] '] })
    expect(await annotation(chat, 'rollback-to')).toBeUndefined()
    expect(await run(chat, ['rollback', 'chat'], 'y')).toMatchObject({ code: 0 })
    expect((await chat.reason('RolledBackByHand')).message).toContain('release 1 (1.0.0)')
    await runs(chat, 1)
    const { releases } = await statusOf(chat)
    expect(releases.map(({ number, runs, goodSince }) => [number, runs, goodSince !== undefined])).toEqual([
      [2, [], true],
      [1, ['api', 'websocket'], true],
    ])
    expect(await run(chat, ['rollback', 'chat', '--to', '1', '--yes'])).toMatchObject({
      code: 0,
      out: 'release 1 (1.0.0) runs already: nothing was changed\n',
    })
    const unknown = await run(chat, ['rollback', 'chat', '--to', '7', '--yes'])
    expect(unknown.err).toContain('--to "7": no release has this number (there are 2 (2.0.0); 1 (1.0.0))')
    expect(await run(chat, ['rollback', 'chat', '--to', '2', '--yes'])).toMatchObject({ code: 0 })
    await chat.reason('Ready')
    expect(await chat.status()).toMatchObject({ version: '2.0.0' })
  })

  test('pauses and resumes', async ({ chat }) => {
    await readyChat(chat)
    expect(await run(chat, ['resume', 'chat', '--yes'])).toMatchObject({
      code: 0,
      out: `ChatApp ${chat.namespace}/chat is not paused: nothing was changed\n`,
    })
    await run(chat, ['pause', 'chat', '--yes'])
    await chat.reason('Paused')
    expect((await run(chat, ['status', 'chat'])).out).toMatch(/^switched +paused$/m)
    await run(chat, ['resume', 'chat', '--yes'])
    await chat.reason('Ready')
  })

  test('hibernates and wakes', async ({ chat }) => {
    await readyChat(chat)
    const asked = await run(chat, ['hibernate', 'chat'], 'yes')
    expect(asked.err).toContain('3 ready pods end, and every connection is closed')
    await chat.reason('Hibernated')
    await eventually(async () => expect(await podNames(chat)).toEqual([]))
    expect((await run(chat, ['restart', 'chat', '--yes'])).err).toContain('is hibernated: it has no pods')
    expect((await run(chat, ['wake', 'chat'], 'y')).err).toContain('1 API pods and 2 WebSocket pods start')
    await chat.reason('Ready')
  })

  test('restarts the pods of one service, once and in the same version', async ({ chat }) => {
    await readyChat(chat)
    const before = await podNames(chat)
    expect(await run(chat, ['restart', 'chat', '--api', '--yes'])).toMatchObject({ code: 0 })
    await eventually(async () => expect((await chat.status()).revision).toBe(2))
    await chat.reason('Ready')
    const after = await podNames(chat)
    expect(after.filter((name) => before.includes(name))).toEqual(before.filter((name) => name.includes('websocket')))
    expect((await chat.list(CONTROLLER_REVISIONS)).length).toBe(2)
    expect(await chat.status()).toMatchObject({ version: '1.0.0' })
  })

  test('takes an update that the operator announces, and nothing without one', async ({ chat }) => {
    await readyChat(chat)
    expect((await run(chat, ['update', 'chat', '--yes'])).out).toContain('has no update to take: nothing was changed')
    expect(await annotation(chat, 'update')).toBeUndefined()
  })

  test('does not change a ChatApp that was created again meanwhile', async ({ chat }) => {
    await readyChat(chat)
    const cluster = connect()({ namespace: chat.namespace })
    const replaced: ReturnType<typeof connect> = () => ({
      ...cluster,
      async results(args, options) {
        const result = await cluster.results(args, options)
        return {
          ...result,
          out: result.out.replace(/"uid": "[^"]+"/g, '"uid": "00000000-0000-0000-0000-000000000000"'),
        }
      },
    })
    const { code } = await runCommand(replaced, ['pause', 'chat', '--yes', '-n', chat.namespace])
    expect(code).toBe(1)
    expect(await chat.get(CHAT_APPS, 'chat')).toMatchObject({ spec: { paused: false } })
    expect(await chat.list(DEPLOYMENTS)).toHaveLength(2)
  })
})

/** Runs `plan` for the ChatApp of `readyChat` with some fields changed, from standard input. */
function planned(
  connected: ReturnType<typeof connect>,
  { namespace }: Chat,
  spec: object,
  ...rest: (string | { readonly name: string })[]
): Promise<Ran> {
  const args = rest.filter((arg) => typeof arg === 'string')
  const { name } = rest.find((arg) => typeof arg === 'object') ?? { name: 'chat' }
  const object = {
    apiVersion: 'chat-app.com/v1alpha1',
    kind: 'ChatApp',
    metadata: { name, namespace },
    spec: { version: '1.0.0', api: { replicas: 1 }, websocket: { replicas: 2 }, ...spec },
  }
  return runCommand(connected, ['plan', '-f', '-', ...args], undefined, JSON.stringify(object))
}

/** The resourceVersion of every object in the namespace that a command or the operator may write. */
async function versionsOf(chat: Chat): Promise<object> {
  const listed = await Promise.all([CHAT_APPS, CONTROLLER_REVISIONS, PODS, ...CHILDREN].map((kind) => chat.list(kind)))
  return Object.fromEntries(
    listed.flat().map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata.resourceVersion]),
  )
}

/** kubectl as a user who may read ChatApps and Deployments, and no pods. */
async function asReader(chat: Chat): Promise<ReturnType<typeof connect>> {
  const reader = connect()
  const items = READER.map((object) => ({ ...object, metadata: { ...object.metadata, namespace: chat.namespace } }))
  const { kubectl } = reader({ namespace: chat.namespace })
  await kubectl(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) })
  return (target) => {
    const cluster = reader(target)
    return { ...cluster, results: (args, options) => cluster.results([...args, ...AS_READER], options) }
  }
}

async function podNames(chat: Chat): Promise<string[]> {
  const pods = (await chat.list(PODS)).filter(({ metadata: { name } }) => /-(api|websocket)-/.test(name))
  return pods.map(({ metadata: { name } }) => name)
}

const AS_READER = ['--as', 'reader'] as const

const RBAC = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'reader' } }
const READER = [
  {
    ...RBAC,
    kind: 'Role',
    rules: [
      { apiGroups: ['chat-app.com'], resources: ['chatapps'], verbs: ['get'] },
      { apiGroups: ['apps'], resources: ['deployments', 'replicasets'], verbs: ['list'] },
    ],
  },
  {
    ...RBAC,
    kind: 'RoleBinding',
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }],
  },
]
