import { createServer } from 'node:http'
import { CHAT_APPS, DEPLOYMENTS, JOBS, PODS, SECRETS } from '@chat-app/chat/resources'
import { describe, expect } from 'vitest'
import { componentOf, isReady } from '../src/observe/pods.ts'
import { at } from '../src/runtime/json.ts'
import type { KubeObject } from '../src/runtime/types.ts'
import { eventually, readyChat, test, type Chat } from '../src/testing/chat.ts'
import { crashing, failed, healthy, unready, waiting, type Behaviour } from '../src/testing/kubelet.ts'
import { CREDENTIALS } from '../src/testing/secrets.ts'

/** The behaviour for the pods of one component; the others are healthy. */
function only(component: string, behaviour: Behaviour): Behaviour {
  return (pod) => (componentOf(pod) === component ? behaviour(pod) : healthy(pod))
}

function imageOf(pod: KubeObject): string {
  return at<string>(pod, 'spec', 'containers', 0, 'image') ?? ''
}

/** Serves the health endpoint of a pod at an address of the loopback interface. */
async function serveHealth(host: string, port: number, components: object) {
  const server = createServer((_request, response) => {
    response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify({ status: 'DOWN', components }))
  })
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  return () => new Promise((resolve) => server.close(resolve))
}

/** When the status of the first API pod that is not ready was written. */
async function lostAtMs(chat: Chat): Promise<number> {
  const pod = (await chat.list(PODS)).find((each) => componentOf(each) === 'api' && !isReady(each))
  const managers = at<{ subresource?: string; manager: string; time: string }[]>(pod, 'metadata', 'managedFields') ?? []
  const written = managers.filter(({ subresource }) => subresource === 'status').map(({ time }) => Date.parse(time))
  return Math.max(...written)
}

const refused = { db: { status: 'DOWN', details: { error: 'database mariadb:3306: connect ECONNREFUSED' } } }

describe.concurrent('a ChatApp that waits', () => {
  test('names a missing Secret, and continues when it is created', async ({ chat }) => {
    await chat.secrets(['db-credentials', 'redis-credentials'])
    await (
      await chat.operator()
    ).leading
    await chat.chatApp()
    const ready = await chat.reason('MissingSecret')
    expect(ready).toMatchObject({
      status: 'False',
      message: 'Secret "jwt-secret" does not exist (spec.auth.jwt.current.secretKeyRef); it needs the key "secret"',
    })
    expect(await chat.condition('SecretsAvailable')).toMatchObject({ status: 'False', reason: 'MissingSecret' })
    expect(await chat.list(JOBS)).toEqual([])
    await chat.secret('jwt-secret', { secret: 'too short' })
    expect((await chat.reason('InvalidSecret')).message).toContain('has 9 characters, at least 32 are needed')
    await chat.secret('jwt-secret', CREDENTIALS['jwt-secret'])
    await chat.reason('Ready')
  })

  test('keeps its pods when a Secret is deleted, and never shows a value', async ({ chat }) => {
    await readyChat(chat)
    await chat.delete(SECRETS, 'db-credentials')
    await chat.reason('MissingSecret')
    await chat.secret('db-credentials', { url: 'postgres://chat:hunter2@db/chat' })
    const { message } = await chat.reason('InvalidSecret')
    expect(message).not.toContain('hunter2')
    expect(await chat.condition('ApiAvailable')).toMatchObject({ status: 'True' })
    await chat.secret('db-credentials', CREDENTIALS['db-credentials'])
    await chat.reason('Ready')
  })

  test('rolls its pods when a Secret changes that they read only at their start, and not for others', async ({
    chat,
  }) => {
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
    await chat.reason('Ready')
    expect(await templateOf()).toBe(after)
  })

  test('names the image and the pod when an image cannot be pulled, and keeps the old pods', async ({ chat }) => {
    await readyChat(chat)
    const cannotPull = only('api', (pod) =>
      imageOf(pod).endsWith(':9.9.9') ? waiting(pod, 'ImagePullBackOff', 'not found') : healthy(pod),
    )
    chat.kubelet.behave(cannotPull)
    await chat.chatApp({ version: '9.9.9' })
    await eventually(async () => (await chat.list(PODS)).some((pod) => imageOf(pod).endsWith('chat-service:9.9.9')))
    const { message } = await chat.reason('ImagePullFailed')
    expect(message).toMatch(
      /^image registry.example.com\/chat-app\/chat-service:9.9.9 of pod chat-api-\S+ cannot be pulled: not found$/,
    )
    expect(await chat.condition('ApiAvailable')).toMatchObject({ status: 'True' })
    expect(await chat.status()).toMatchObject({ version: '1.0.0', targetVersion: '9.9.9' })
    await chat.chatApp({ version: '1.0.0' })
    await chat.reason('Ready')
  })

  test('names the database that a pod cannot reach, as its health endpoint reports it', async ({ chat }) => {
    const host = '127.23.0.1'
    const stop = await serveHealth(host, 8080, refused)
    chat.kubelet.behave((pod) => unready(pod, host))
    await chat.secrets()
    await chat.chatApp()
    await chat.operator({ podAccess: 'direct' })
    const { message } = await chat.reason('DatabaseUnreachable')
    expect(message).toMatch(/^pod chat-migrate-\S+: database mariadb:3306: connect ECONNREFUSED$/)
    expect(await chat.condition('DatabaseReachable')).toMatchObject({ status: 'False', reason: 'DatabaseUnreachable' })
    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
    await stop()
  })

  test('names the database that a ready pod has lost, within 10 s', async ({ chat }) => {
    const host = '127.23.0.2'
    await chat.secrets()
    await chat.chatApp()
    await chat.operator({ podAccess: 'direct' })
    await chat.reason('Ready')
    const stop = await serveHealth(host, 8080, refused)
    chat.kubelet.behave(only('api', (pod) => unready(pod, host)))
    expect((await chat.reason('DatabaseUnreachable')).message).toContain('mariadb:3306')
    const condition = await chat.condition('DatabaseReachable')
    // Both times are those that the cluster shows.
    const reportedAtMs = Date.parse(condition?.lastTransitionTime ?? '')
    expect(reportedAtMs - (await lostAtMs(chat))).toBeLessThan(10_000)
    await stop()
    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
  })

  test('names the error of a failed migration, and repeats it', async ({ chat }) => {
    chat.kubelet.behave(only('migrate', (pod) => failed(pod, { error: 'table "rooms" is locked' })))
    await chat.secrets()
    await chat.chatApp()
    await chat.operator()
    expect((await chat.reason('MigrationFailed')).message).toContain('table "rooms" is locked')
    expect(await chat.list(DEPLOYMENTS)).toEqual([])
    // The Job fails after its own retries; without any it fails at once, and is created again 10 s later.
    const [first] = await chat.list(JOBS)
    await chat.edit(JOBS, first!.metadata.name, { spec: { backoffLimit: 0 } })
    await eventually(async () => (await chat.list(JOBS)).some(({ metadata }) => metadata.uid !== first?.metadata.uid))
    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
  })

  test('names a pod that crashes', async ({ chat }) => {
    chat.kubelet.behave(only('websocket', (pod) => crashing(pod, 'Error: cannot find module')))
    await chat.secrets()
    await chat.chatApp()
    await chat.operator()
    const { message } = await chat.reason('PodCrashing')
    expect(message).toMatch(
      /^pod chat-websocket-\S+, container websocket ended with code 1 .*: Error: cannot find module$/,
    )
    expect(await chat.condition('WebSocketAvailable')).toMatchObject({ status: 'False', reason: 'PodCrashing' })
  })

  test('is stalled by a field that the API server does not know, names it, and continues when it is removed', async ({
    chat,
  }) => {
    await chat.secrets()
    await chat.chatApp({ api: { replicas: 1, podTemplate: { spec: { dnsPolicyy: 'Default' } } } })
    await chat.operator()
    const { message } = await chat.reason('InvalidObject')
    expect(message).toContain('.spec.template.spec.dnsPolicyy: field not declared in schema')
    expect(await chat.condition('Stalled')).toMatchObject({ status: 'True', reason: 'InvalidObject' })
    // Other changes may cause another attempt; without one nothing is written.
    await eventually(async () => {
      const before = chat.writes.length
      await new Promise((resolve) => setTimeout(resolve, 1500))
      expect(chat.writes.slice(before)).toEqual([])
    })
    await chat.edit(CHAT_APPS, 'chat', { spec: { api: { podTemplate: null } } })
    await chat.reason('Ready')
  })
})
