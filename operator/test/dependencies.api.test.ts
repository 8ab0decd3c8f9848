import { createServer } from 'node:http'
import { describe, expect } from 'vitest'
import { at } from '../src/runtime/json.ts'
import { DEPLOYMENTS, JOBS, PODS, SECRETS } from '../src/runtime/resources.ts'
import type { KubeObject } from '../src/runtime/types.ts'
import { componentOf } from '../src/observe/pods.ts'
import { CREDENTIALS, eventually, readyChat, test } from '../src/testing/chat.ts'
import { crashing, failed, healthy, unready, waiting, type Behaviour } from '../src/testing/kubelet.ts'
import { CHAT_APPS } from '../src/cache/world.ts'

const WITHIN_MS = 5000

/** Behaves like this for pods of one component, and well for the others. */
function only(component: string, behaviour: Behaviour): Behaviour {
  return (pod) => (componentOf(pod) === component ? behaviour(pod) : healthy(pod))
}

function imageOf(pod: KubeObject): string {
  return at<string>(pod, 'spec', 'containers', 0, 'image') ?? ''
}

/** Plays the health endpoint of a pod at an address of its own on the loopback. */
async function serveHealth(host: string, port: number, components: object) {
  const server = createServer((_request, response) => {
    response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify({ status: 'DOWN', components }))
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return () => new Promise((resolve) => server.close(resolve))
}

const refused = { db: { status: 'DOWN', details: { error: 'database mariadb:3306: connect ECONNREFUSED' } } }

describe.concurrent('a ChatApp that waits', () => {
  test('names a missing Secret, and goes on when it comes', async ({ chat }) => {
    await chat.secrets(['db-credentials', 'redis-credentials'])
    await (
      await chat.operator()
    ).leading
    await chat.chatApp()
    const ready = await chat.reason('MissingSecret', WITHIN_MS)
    expect(ready).toMatchObject({
      status: 'False',
      message: 'Secret "jwt-secret" does not exist (spec.auth.jwt.current.secretKeyRef); it needs the key "secret"',
    })
    expect(await chat.condition('SecretsAvailable')).toMatchObject({ status: 'False', reason: 'MissingSecret' })
    expect(await chat.list(JOBS)).toEqual([])
    await chat.secret('jwt-secret', { secret: 'too short' })
    expect((await chat.reason('InvalidSecret', WITHIN_MS)).message).toContain(
      'has 9 characters, at least 32 are needed',
    )
    await chat.secret('jwt-secret', CREDENTIALS['jwt-secret'])
    await chat.reason('Ready', 40_000)
  })

  test('keeps its pods when a Secret goes away, and never tells a value', async ({ chat }) => {
    await readyChat(chat)
    await chat.delete(SECRETS, 'db-credentials')
    await chat.reason('MissingSecret', WITHIN_MS)
    await chat.secret('db-credentials', { url: 'postgres://chat:hunter2@db/chat' })
    const { message } = await chat.reason('InvalidSecret', WITHIN_MS)
    expect(message).not.toContain('hunter2')
    expect(await chat.condition('ApiAvailable')).toMatchObject({ status: 'True' })
    await chat.secret('db-credentials', CREDENTIALS['db-credentials'])
    await chat.reason('Ready', WITHIN_MS)
  })

  test('rolls its pods when a Secret changes that they read only once, and not for another', async ({ chat }) => {
    await chat.secret('database-ca', { 'ca.crt': 'first' })
    const database = { tls: { caSecretRef: { name: 'database-ca', key: 'ca.crt' } } }
    await readyChat(chat, { database })
    const templateOf = async () => JSON.stringify(at(await chat.get(DEPLOYMENTS, 'chat-api'), 'spec', 'template'))
    const before = await templateOf()
    await chat.secret('jwt-secret', { secret: 'f'.repeat(40) })
    await chat.secret('database-ca', { 'ca.crt': 'second' })
    await eventually(async () => expect(await templateOf()).not.toBe(before))
    const after = await templateOf()
    await chat.secret('jwt-secret', { secret: 'e'.repeat(40) })
    await chat.reason('Ready', 40_000)
    expect(await templateOf()).toBe(after)
  })

  test('names the image and the pod when an image cannot be pulled; old pods keep serving', async ({ chat }) => {
    await readyChat(chat)
    const cannotPull = only('api', (pod) =>
      imageOf(pod).endsWith(':9.9.9') ? waiting(pod, 'ImagePullBackOff', 'not found') : healthy(pod),
    )
    chat.kubelet.behave(cannotPull)
    await chat.chatApp({ version: '9.9.9' })
    await eventually(async () => (await chat.list(PODS)).some((pod) => imageOf(pod).endsWith('chat-service:9.9.9')))
    const { message } = await chat.reason('ImagePullFailed', 10_000)
    expect(message).toMatch(
      /^image registry.example.com\/chat-app\/chat-service:9.9.9 of pod chat-api-\S+ cannot be pulled: not found$/,
    )
    expect(await chat.condition('ApiAvailable')).toMatchObject({ status: 'True' })
    expect(await chat.status()).toMatchObject({ version: '1.0.0', targetVersion: '9.9.9' })
    await chat.chatApp({ version: '1.0.0' })
    await chat.reason('Ready', 40_000)
  })

  test('names the database that a pod cannot reach, as the pod itself tells it', async ({ chat }) => {
    const host = '127.23.0.1'
    const stop = await serveHealth(host, 8080, refused)
    chat.kubelet.behave((pod) => unready(pod, host))
    await chat.secrets()
    await chat.chatApp()
    await chat.operator({ podAccess: 'direct' })
    const { message } = await chat.reason('DatabaseUnreachable', 10_000)
    expect(message).toMatch(/^pod chat-migrate-\S+: database mariadb:3306: connect ECONNREFUSED$/)
    expect(await chat.condition('DatabaseReachable')).toMatchObject({ status: 'False', reason: 'DatabaseUnreachable' })
    chat.kubelet.behave(healthy)
    await chat.reason('Ready', 40_000)
    await stop()
  })

  test('tells when a ready pod loses its database, within seconds', async ({ chat }) => {
    const host = '127.23.0.2'
    await chat.secrets()
    await chat.chatApp()
    await chat.operator({ podAccess: 'direct' })
    await chat.reason('Ready', 40_000)
    const stop = await serveHealth(host, 8080, refused)
    chat.kubelet.behave(only('api', (pod) => unready(pod, host)))
    expect((await chat.reason('DatabaseUnreachable', WITHIN_MS)).message).toContain('mariadb:3306')
    await stop()
    chat.kubelet.behave(healthy)
    await chat.reason('Ready', 20_000)
  })

  test('tells why a migration failed, and tries it again', async ({ chat }) => {
    chat.kubelet.behave(only('migrate', (pod) => failed(pod, { error: 'table "rooms" is locked' })))
    await chat.secrets()
    await chat.chatApp()
    await chat.operator()
    expect((await chat.reason('MigrationFailed', 10_000)).message).toContain('table "rooms" is locked')
    expect(await chat.list(DEPLOYMENTS)).toEqual([])
    // After its own retries the Job would give up; with none left it does at once, and is made anew 10 s later.
    const [first] = await chat.list(JOBS)
    await chat.edit(JOBS, first!.metadata.name, { spec: { backoffLimit: 0 } })
    await eventually(async () => (await chat.list(JOBS)).some(({ metadata }) => metadata.uid !== first?.metadata.uid), {
      timeoutMs: 55_000,
      everyMs: 500,
    })
    chat.kubelet.behave(healthy)
    await chat.reason('Ready', 60_000)
  }, 150_000)

  test('tells of a pod that crashes', async ({ chat }) => {
    chat.kubelet.behave(only('websocket', (pod) => crashing(pod, 'Error: cannot find module')))
    await chat.secrets()
    await chat.chatApp()
    await chat.operator()
    const { message } = await chat.reason('PodCrashing', 20_000)
    expect(message).toMatch(
      /^pod chat-websocket-\S+, container websocket ended with code 1 .*: Error: cannot find module$/,
    )
    expect(await chat.condition('WebSocketAvailable')).toMatchObject({ status: 'False', reason: 'PodCrashing' })
  })

  test('is stalled by a field that the API server does not know, which is named; and goes on when it is mended', async ({
    chat,
  }) => {
    await chat.secrets()
    await chat.chatApp({ api: { replicas: 1, podTemplate: { spec: { dnsPolicyy: 'Default' } } } })
    await chat.operator()
    const { message } = await chat.reason('InvalidObject', 10_000)
    expect(message).toContain('.spec.template.spec.dnsPolicyy: field not declared in schema')
    expect(await chat.condition('Stalled')).toMatchObject({ status: 'True', reason: 'InvalidObject' })
    // What else happens may make it try again; by itself it does not.
    await eventually(async () => {
      const before = chat.writes.length
      await new Promise((resolve) => setTimeout(resolve, 1500))
      expect(chat.writes.slice(before)).toEqual([])
    })
    await chat.edit(CHAT_APPS, 'chat', { spec: { api: { podTemplate: null } } })
    await chat.reason('Ready', 40_000)
  })
})
