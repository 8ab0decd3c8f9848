import { CHAT_APPS, JOBS, PODS } from '@chat-app/chat/resources'
import type { ChatAppSpecInput } from '@chat-app/crds'
import { eventually, test, type Chat } from '@chat-app/operator/testing'
import { installPermissions } from '@chat-app/operator/testing/install'
import { createAuthority } from '@chat-app/sandbox-machine'
import { uniqueName } from '@chat-app/testing'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject } from 'vitest'
import { connectBy, type Connect } from '../src/cluster/cluster.ts'
import type { Finding } from '../src/commands/doctor/finding.ts'
import { runCommand } from '../src/testing/run.ts'
import { PLUGIN_VERSION } from '../src/version.ts'

const HOSTS = { api: 'api.chat.example', websocket: 'ws.chat.example' }
const REGISTRY = 'registry.example.com'
const ROOM = {
  pods: '100',
  'requests.cpu': '100',
  'requests.memory': '100Gi',
  'limits.cpu': '100',
  'limits.memory': '200Gi',
}

const connect = () => connectBy({ binary: inject('kubectl'), kubeconfig: inject('kubeconfig') })

interface Report {
  readonly code: number
  readonly findings: readonly (Finding & { readonly check: string })[]
  /** All that was written. */
  readonly text: string
}

let folder: string
const classes: string[] = []
const children: ChildProcess[] = []

beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'chat-app-doctor-'))))
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  if (classes.length > 0) await connect()({}).kubectl(['delete', 'ingressclass', ...classes])
  await rm(folder, { recursive: true })
})

async function fileOf({ namespace }: Pick<Chat, 'namespace'>, spec: Partial<ChatAppSpecInput>): Promise<string> {
  const file = join(folder, `${uniqueName('chatapp')}.yaml`)
  const metadata = { name: 'chat', namespace }
  await writeFile(file, JSON.stringify({ apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata, spec }))
  return file
}

async function doctor(args: readonly string[], by: Connect = connect()): Promise<Report> {
  const { code, out, err } = await runCommand(by, ['doctor', ...args, '-o', 'json'])
  const { findings } = JSON.parse(out || '{"findings":[]}') as Pick<Report, 'findings'>
  return { code, findings, text: out + err }
}

async function examined(chat: Pick<Chat, 'namespace'>, spec: Partial<ChatAppSpecInput>, by?: Connect): Promise<Report> {
  return doctor(['-f', await fileOf(chat, spec)], by)
}

/** `REASON WHERE` of what needs somebody. */
function faultsIn({ findings }: Report): string[] {
  return findings
    .filter(({ level }) => level === 'error' || level === 'warning')
    .map(({ reason, where }) => `${reason} ${where}`)
}

const labelled = (name: string) => ({ 'app.kubernetes.io/name': name })
const container = { name: 'main', image: 'example.com/none' }

/** An operator in the namespace of the test. */
async function operatorIn(
  chat: Chat,
  watches: string,
  { replicas = 1, version = PLUGIN_VERSION, account = 'default' } = {},
) {
  const env = [{ name: 'WATCH_NAMESPACES', value: watches }]
  const labels = { ...labelled('chat-app-operator'), 'app.kubernetes.io/version': version }
  await chat.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'chat-app-operator', labels },
    spec: {
      replicas,
      selector: { matchLabels: { operator: 'test' } },
      template: {
        metadata: { labels: { operator: 'test' } },
        spec: { serviceAccountName: account, containers: [{ ...container, env }] },
      },
    },
  })
}

async function quota(chat: Chat, hard: object): Promise<void> {
  const path = `/api/v1/namespaces/${chat.namespace}/resourcequotas`
  const body = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'quota' }, spec: { hard } }
  await chat.client.request({ method: 'POST', path, body })
  await eventually(async () => {
    const read = { method: 'GET', path: `${path}/quota` } as const
    const { status } = await chat.client.request<{ status?: { hard?: object } }>(read)
    expect(status?.hard).toEqual(hard)
  })
}

async function typedSecret(chat: Chat, name: string, type: string, stringData: Record<string, string>): Promise<void> {
  await chat.apply({ apiVersion: 'v1', kind: 'Secret', type, metadata: { name }, stringData })
}

async function certificate(chat: Chat, name: string, host: string): Promise<void> {
  const authority = await createAuthority('doctor')
  const { certificate: crt, key } = await authority.issue({ commonName: host, dnsNames: [host], usages: ['server'] })
  await typedSecret(chat, name, 'kubernetes.io/tls', { 'tls.crt': crt, 'tls.key': key })
}

function login(chat: Chat, host: string): Promise<void> {
  const list = JSON.stringify({ auths: { [host]: { auth: 'Q0FOQVJZcHVsbA==' } } })
  return typedSecret(chat, 'pull', 'kubernetes.io/dockerconfigjson', { '.dockerconfigjson': list })
}

async function ingressClass(chat: Chat, controller: string): Promise<string> {
  const name = uniqueName('class')
  const path = '/apis/networking.k8s.io/v1/ingressclasses'
  const body = { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name }, spec: { controller } }
  await chat.client.request({ method: 'POST', path, body })
  classes.push(name)
  return name
}

async function restricted(chat: Chat): Promise<void> {
  await chat.client.request({
    method: 'PATCH',
    path: `/api/v1/namespaces/${chat.namespace}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
  })
}

describe.concurrent('kubectl chatapp doctor', () => {
  test('finds nothing in a sound cluster, before the ChatApp is applied and afterwards', async ({ chat }) => {
    await chat.secrets()
    await installPermissions(chat)
    await operatorIn(chat, `elsewhere,${chat.namespace}`, { account: 'chat-app-operator' })
    await login(chat, REGISTRY)
    await quota(chat, ROOM)
    await certificate(chat, 'api-tls', HOSTS.api)
    await certificate(chat, 'ws-tls', HOSTS.websocket)
    const className = await ingressClass(chat, 'k8s.io/ingress-nginx')
    const resources = { requests: { cpu: '1m', memory: '1Mi' }, limits: { cpu: '1m', memory: '1Mi' } }
    const containers = [{ ...container, resources }]
    const metadata = { name: 'controller', labels: labelled('ingress-nginx') }
    await chat.apply({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } })
    const spec: Partial<ChatAppSpecInput> = {
      version: '1.0.0',
      images: { registry: `${REGISTRY}/chat-app`, pullSecrets: [{ name: 'pull' }] },
      exposure: {
        type: 'Ingress',
        hosts: HOSTS,
        ingress: { className, profile: 'nginx' },
        tls: { secretNames: { api: 'api-tls', websocket: 'ws-tls' } },
      },
    }
    const report = await eventually(async () => {
      const seen = await examined(chat, spec)
      expect(faultsIn(seen)).toEqual([])
      return seen
    })
    expect(report.code).toBe(0)
    const skipped = report.findings.filter(({ level }) => level === 'skipped')
    expect(skipped.map(({ where }) => where)).toEqual(['monitoring.coreos.com/v1 ServiceMonitor'])
    expect(await chat.list(CHAT_APPS)).toEqual([])
    await chat.chatApp(spec)
    const stored = await doctor(['chat', '-n', chat.namespace, '--edge', '--edge-address', '127.0.0.1:1'])
    expect(faultsIn(stored)).toEqual([`NotReached ${HOSTS.websocket}`])
    expect(stored.findings.at(-1)).toMatchObject({
      check: 'Edge',
      what: expect.stringContaining('CHATAPP_USER') as string,
    })
    expect(stored.text).not.toMatch(/mysql:|0123456789abcdef|Q0FOQVJZ/)
  })

  test('names each fault that keeps pods from running', async ({ chat }) => {
    await restricted(chat)
    await chat.secret('db-credentials', { url: 'CANARYscheme:CANARYpassword@db/chat' })
    await chat.secret('redis-credentials', { other: 'CANARYredis' })
    await chat.secret('jwt-secret', { secret: 'CANARYjwt' })
    await chat.secret('ca', { 'ca.crt': 'CANARYauthority' })
    await login(chat, 'other.example.com')
    await quota(chat, { pods: '2' })
    await certificate(chat, 'api-tls', 'elsewhere.example')
    const autoscaling = { minReplicas: 1, maxReplicas: 2 }
    const volumes = [{ name: 'extra', persistentVolumeClaim: { claimName: 'claim' } }]
    const report = await examined(chat, {
      version: '1.0.0',
      images: { registry: `${REGISTRY}/chat-app`, pullSecrets: [{ name: 'pull' }] },
      database: { clusterRef: { kind: 'PerconaXtraDBCluster', name: 'mysql' } },
      redis: { tls: { caSecretRef: { name: 'ca' } } },
      api: { replicas: 3, autoscaling, podTemplate: { spec: { hostNetwork: true, volumes } } },
      exposure: {
        type: 'Ingress',
        hosts: HOSTS,
        ingress: { className: 'no-such-class' },
        tls: { secretNames: { api: 'api-tls', websocket: 'ws-tls' } },
      },
    })
    const expected = [
      'InvalidSecret Secret/db-credentials, key "url"',
      'MissingSecret Secret/redis-credentials, key "url"',
      'InvalidSecret Secret/jwt-secret, key "secret"',
      'InvalidSecret Secret/ca, key "ca.crt"',
      'OtherRegistry Secret/pull',
      'WrongCertificate Secret/api-tls',
      'MissingSecret Secret/ws-tls',
      `MissingCluster PerconaXtraDBCluster/mysql in ${chat.namespace}`,
      'MissingIngressClass IngressClass/no-such-class',
      `PodRefused Namespace/${chat.namespace}`,
      'QuotaTooSmall ResourceQuota/quota',
      'NoMetrics metrics.k8s.io',
      'MissingStorage PersistentVolumeClaim/claim',
    ]
    expect(faultsIn(report).filter((fault) => !/NoOperator|NotWatched/.test(fault))).toEqual(expected)
    expect(faultsIn(report).length).toBe(expected.length + 1)
    expect(report.code).toBe(4)
    for (const { level, why, fix } of report.findings) if (level === 'error') expect(why && fix).toBeTruthy()
    expect(report.text).not.toMatch(/CANARY|canary|Q0FOQVJZ/)
  })

  test('names what is wrong with the operator, kinds, and the room of a rollout', async ({ chat }) => {
    await chat.secrets()
    await operatorIn(chat, chat.namespace, { replicas: 0, version: '9.9.0' })
    await quota(chat, { pods: '9' })
    const report = await examined(chat, {
      version: '1.0.0',
      api: { replicas: 3 },
      websocket: { replicas: 5 },
      monitoring: { mode: 'Enabled' },
      exposure: { type: 'Gateway', hosts: HOSTS, gateway: { parentRef: { name: 'edge' } } },
    })
    expect(faultsIn(report)).toEqual([
      'MissingKind monitoring.coreos.com/v1 ServiceMonitor',
      'MissingKind gateway.networking.k8s.io/v1 HTTPRoute',
      'MissingKind gateway.networking.k8s.io/v1 Gateway',
      `OperatorNotReady Deployment/chat-app-operator in ${chat.namespace}`,
      `OtherVersion Deployment/chat-app-operator in ${chat.namespace}`,
      `OperatorNotPermitted ServiceAccount/default in ${chat.namespace}`,
      'NoRoomForRollout ResourceQuota/quota',
    ])
    const { what } = report.findings.find(({ reason }) => reason === 'OperatorNotPermitted') as Finding
    expect(what).toContain('create, patch, delete configmaps')
    expect(what).not.toContain('horizontalpodautoscalers')
  })

  test('skips what the caller may not read, and says so', async ({ chat }) => {
    await chat.secrets()
    const limited: Connect = (target) => {
      const cluster = connect()(target)
      return { ...cluster, results: (args, options) => cluster.results([...args, '--as', 'nobody'], options) }
    }
    const report = await examined(chat, { version: '1.0.0' }, limited)
    expect(faultsIn(report)).toEqual(['NotPermitted you', 'NotPermitted you'])
    const skipped = report.findings.filter(({ level }) => level === 'skipped').map(({ check }) => check)
    expect(skipped).toEqual(expect.arrayContaining(['Operator', 'Secrets', 'Pods', 'Quota']))
    expect(report.code).toBe(4)
  })

  test('names a spec that is invalid or refused, and a namespace that does not exist', async ({ chat }) => {
    const invalid = await examined(chat, { version: '1.0.0', rollout: { unknown: 1 } } as Partial<ChatAppSpecInput>)
    expect(faultsIn(invalid)).toContain('InvalidSpec spec.rollout.unknown')
    const nowhere = await examined({ namespace: uniqueName('nowhere') }, { version: '1.0.0' })
    expect(faultsIn(nowhere).some((fault) => fault.startsWith('MissingNamespace Namespace/nowhere'))).toBe(true)
    const none = await doctor(['-f', await fileOf(chat, {})])
    expect(faultsIn(none)[0]).toMatch(/^InvalidSpec/)
    expect(await doctor(['-f', '/no/such/file'])).toMatchObject({
      code: 2,
      text: expect.stringContaining('no such file') as string,
    })
  })

  test('--connect tells what a pod of the release reaches, and removes it', async ({ chat }) => {
    await restricted(chat)
    await chat.secrets()
    const outcomes = [
      { purpose: 'database', nodes: 1, failed: 1, faults: ['ECONNREFUSED'] },
      { purpose: 'redis', nodes: 3, failed: 0, faults: [] },
    ]
    const terminated = { exitCode: 0, message: JSON.stringify(outcomes) }
    chat.kubelet.behave(() => ({ phase: 'Succeeded', containerStatuses: [{ name: 'migrate', state: { terminated } }] }))
    const report = await doctor(['-f', await fileOf(chat, { version: '1.0.0' }), '--connect'])
    const tried = report.findings.filter(({ check }) => check === 'Connections')
    expect(tried.map(({ level, reason, where }) => [level, reason, where])).toEqual([
      ['error', 'Unreachable', 'database'],
      ['ok', 'OK', 'Redis'],
    ])
    await nothingLeft(chat)
  })

  test('--connect leaves nothing behind after Ctrl-C', async ({ chat }) => {
    await chat.secrets()
    chat.kubelet.behave(() => undefined)
    const file = await fileOf(chat, { version: '1.0.0' })
    await symlink(inject('kubectl'), join(folder, 'kubectl'))
    const main = new URL('../src/main.ts', import.meta.url).pathname
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, KUBECONFIG: inject('kubeconfig') }
    const child = spawn(process.execPath, [main, 'doctor', '-f', file, '--connect'], { env, stdio: 'ignore' })
    children.push(child)
    const ended = once(child, 'exit')
    await eventually(async () => expect(await chat.list(PODS)).toHaveLength(1))
    child.kill('SIGINT')
    expect(await ended).toEqual([null, 'SIGINT'])
    await nothingLeft(chat)
  })
})

async function nothingLeft(chat: Chat): Promise<void> {
  await eventually(async () => expect([await chat.list(JOBS), await chat.list(PODS)]).toEqual([[], []]))
}
