import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubernetesObject } from '@chat-app/chat'
import { SECRETS } from '@chat-app/chat/resources'
import { local } from '@chat-app/environments'
import { applied, clustersOf } from '@chat-app/platform'
import { ApiServer, makeNamespace, NAMESPACES } from '@chat-app/sandbox-cluster/testing'
import { parseRedisUrl } from '@chat-app/services/redis-url'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { createClient } from '../runtime/client.ts'
import { loadCredentials } from '../runtime/credentials.ts'
import { generateSecrets, type Outcome } from './generate.ts'
import type { SecretRow } from './table.ts'

/** The rendered Job of the environment `local` in namespaces of this test, with its command, table and permissions. */
const server = ApiServer.of(inject('kubeconfig'))
let folder: string
let kubeconfig: string
let table: SecretRow[]
/** The namespaces of the test, by the rendered ones. */
const namespaces: Record<string, string> = {}

beforeAll(async () => {
  for (const rendered of ['chat-app', 'chat-app-db', 'chat-app-system'])
    namespaces[rendered] = await makeNamespace(server)
  const objects = clustersOf(local)
    .flatMap(applied)
    .filter(({ metadata }) => metadata.name.startsWith('generate-secrets'))
  const moved = JSON.parse(
    // The table is JSON within JSON, so its quotes are escaped.
    JSON.stringify(objects).replaceAll(
      /(\\?")(chat-app(?:-db|-system)?)\\?"/g,
      (_, quote: string, name: string) => `${quote}${namespaces[name] ?? ''}${quote}`,
    ),
  ) as KubernetesObject[]
  for (const object of moved.filter(({ kind }) => kind !== 'Job')) await server.create(object)
  folder = await mkdtemp(join(tmpdir(), 'generate-secrets-'))
  kubeconfig = await identity(join(folder, 'kubeconfig'))
  const job = moved.find(({ kind }) => kind === 'Job') as unknown as Job
  table = JSON.parse(job.spec.template.spec.containers[0].env[0].value) as SecretRow[]
})

beforeEach(async () => {
  const there = [...new Set(table.map(({ namespace }) => namespace))]
  await Promise.all(there.map((namespace) => server.delete(SECRETS, namespace)))
})

afterAll(async () => {
  for (const namespace of Object.values(namespaces)) await server.delete(NAMESPACES, undefined, namespace)
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

describe('generate-secrets, as its own ServiceAccount,', () => {
  test('creates every Secret with equal copies, and prints no value', async () => {
    const { code, output } = await generate()
    expect(code, output).toBe(0)
    const secrets = await stored()
    expect(Object.keys(secrets)).toHaveLength(table.length)
    const { password = '', 'root-password': root } = secrets['chat-app-db/mariadb-credentials'] ?? {}
    expect(password).toMatch(/^[\w-]{24}$/)
    expect(root).toMatch(/^[\w-]{24}$/)
    expect(root).not.toBe(password)
    expect(secrets['chat-app/db-credentials']).toEqual({
      url: `mysql://chat:${password}@mariadb.chat-app-db:3306/chat`,
    })
    const redis = parseRedisUrl(secrets['chat-app/redis-credentials']?.['url'] ?? '')
    expect(redis).toMatchObject({ kind: 'cluster', password: secrets['chat-app-db/redis-credentials']?.['password'] })
    expect(redis.nodes).toHaveLength(6)
    for (const value of Object.values(secrets).flatMap((data) => Object.values(data)))
      expect(output).not.toContain(value)
    expect(output).not.toContain(password)
  })

  test('changes nothing the second time', async () => {
    await generateHere()
    const before = await versions()
    expect(new Set((await generateHere()).map(({ outcome }) => outcome))).toEqual(new Set(['exists']))
    expect(await versions()).toEqual(before)
  })

  test('has the same result as another run at the same time', async () => {
    const [one, two] = await Promise.all([generateHere(), generateHere()])
    const created = [...one, ...two].filter(({ outcome }) => outcome === 'created')
    expect(created.map(({ namespace, name }) => `${namespace}/${name}`).toSorted()).toEqual(
      table.map(({ namespace, name }) => `${namespace}/${name}`).toSorted(),
    )
    const secrets = await stored()
    const password = secrets['chat-app-db/redis-credentials']?.['password'] ?? 'none'
    expect(secrets['chat-app/redis-credentials']?.['url']).toContain(`:${password}@`)
  })

  test('completes an interrupted run with the passwords that exist', async () => {
    await generateHere()
    const before = await stored()
    for (const name of ['db-credentials', 'redis-credentials'])
      await server.delete(SECRETS, namespaces['chat-app'], name)
    await generateHere()
    expect(await stored()).toEqual(before)
  })

  test('keeps a Secret that others have created', async () => {
    await create({ namespace: namespaces['chat-app-db'] ?? '', name: 'redis-credentials' }, { password: 'theirs' })
    await generateHere()
    const secrets = await stored()
    expect(secrets['chat-app-db/redis-credentials']).toEqual({ password: 'theirs' })
    expect(secrets['chat-app/redis-credentials']?.['url']).toContain('redis-cluster://:theirs@')
  })

  test('fails with an error that names the key that a Secret lacks', async () => {
    const theirs = { namespace: namespaces['chat-app-db'] ?? '', name: 'redis-credentials' }
    await create(theirs, { pass: 'theirs' })
    const copying = await generate()
    expect(copying.code).toBe(1)
    expect(copying.output).toContain(
      `the Secret redis-credentials in ${theirs.namespace} has no key password, which another Secret copies; add the key`,
    )
    await create({ namespace: namespaces['chat-app'] ?? '', name: 'redis-credentials' }, { url: 'redis://theirs:6379' })
    const { code, output } = await generate()
    expect(code).toBe(1)
    expect(output).toContain(`some lack a key: ${theirs.namespace}/redis-credentials without password`)
    expect(output).not.toContain('theirs')
  })

  test('may not read or change other Secrets', async () => {
    const user = `system:serviceaccount:${namespaces['chat-app-system']}:generate-secrets`
    const may = (verb: string, name?: string, namespace = namespaces['chat-app-db'] ?? '') =>
      server.allows({ user, verb, resource: 'secrets', namespace, ...(name !== undefined && { name }) })
    expect(await may('get', 'mariadb-credentials')).toBe(true)
    expect(await may('get', 'other')).toBe(false)
    for (const verb of ['list', 'update', 'patch', 'delete']) expect(await may(verb)).toBe(false)
    expect(await may('create', undefined, 'default')).toBe(false)
  })
})

interface Row {
  readonly namespace: string
  readonly name: string
}

interface Job {
  readonly spec: { template: { spec: { containers: [{ env: [{ value: string }] }] } } }
}

function generate(): Promise<{ code: number; output: string }> {
  const main = join(import.meta.dirname, '..', 'main.ts')
  const env = { PATH: process.env['PATH'], KUBECONFIG: kubeconfig, SECRETS: JSON.stringify(table) }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, 'generate-secrets'], { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: `${stdout}${stderr}` }),
    )
  })
}

/** The same in this process. */
async function generateHere(): Promise<Outcome[]> {
  const client = createClient({ credentials: loadCredentials(kubeconfig) })
  const outcomes: Outcome[] = []
  try {
    await generateSecrets(client, table, (outcome) => outcomes.push(outcome))
  } finally {
    await client.close()
  }
  return outcomes
}

/** A kubeconfig of the rendered ServiceAccount. */
async function identity(file: string): Promise<string> {
  const config = parse(await readFile(inject('kubeconfig'), 'utf8')) as { users: { user: object }[] }
  const token = await server.token(namespaces['chat-app-system'] ?? '', 'generate-secrets')
  const users = config.users.map((user) => ({ ...user, user: { token } }))
  await writeFile(file, stringify({ ...config, users }), { mode: 0o600 })
  return file
}

async function create({ namespace, name }: Row, stringData: object): Promise<void> {
  await server.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData })
}

interface Secret {
  readonly data: Record<string, string>
  readonly metadata: { readonly resourceVersion: string }
}

interface Stored extends Row {
  readonly data: Record<string, string>
  readonly version: string
}

async function read(): Promise<Stored[]> {
  return Promise.all(
    table.map(async ({ namespace, name }) => {
      const secret = await server.get<Secret>(SECRETS, namespace, name)
      const rendered = Object.keys(namespaces).find((key) => namespaces[key] === namespace) ?? ''
      return { namespace: rendered, name, data: secret.data, version: secret.metadata.resourceVersion }
    }),
  )
}

async function stored(): Promise<Record<string, Record<string, string>>> {
  const decoded = (data: Record<string, string>) =>
    Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]))
  return Object.fromEntries((await read()).map(({ namespace, name, data }) => [`${namespace}/${name}`, decoded(data)]))
}

async function versions(): Promise<string[]> {
  return (await read()).map(({ version }) => version)
}
