import {
  CHAT_APPS,
  CONFIG_MAPS,
  CONTROLLER_REVISIONS,
  DEPLOYMENTS,
  JOBS,
  PODS,
  SECRETS,
} from '@chat-app/chat/resources'
import { describe, expect } from 'vitest'
import { componentOf } from '../src/observe/pods.ts'
import { at, parseJson } from '../src/runtime/json.ts'
import { controllerOf, type KubeObject } from '../src/runtime/types.ts'
import { eventually, readyChat, test, type Chat } from '../src/testing/chat.ts'
import { crashing, healthy, ready, succeeded, unready } from '../src/testing/kubelet.ts'

async function records(chat: Chat): Promise<KubeObject[]> {
  return (await chat.list(CONTROLLER_REVISIONS)).sort((a, b) => Number(a['revision']) - Number(b['revision']))
}

async function learned(chat: Chat, number: number, name: string): Promise<unknown> {
  const record = (await records(chat)).find((each) => each['revision'] === number)
  const text = record?.metadata.annotations?.[`chat-app.com/${name}`]
  return text === undefined ? undefined : parseJson(text)
}

async function imageOf(chat: Chat, component: string): Promise<string | undefined> {
  return at(await chat.get(DEPLOYMENTS, `chat-${component}`), 'spec', 'template', 'spec', 'containers', 0, 'image')
}

function versionOf(pod: KubeObject): string {
  return at<string>(pod, 'metadata', 'labels', 'app.kubernetes.io/version') ?? ''
}

/** Pods of the version behave as given, all others are healthy. */
function only(version: string, component: string, behaviour: (pod: KubeObject) => object | undefined) {
  return (pod: KubeObject) =>
    versionOf(pod) === version && componentOf(pod) === component ? behaviour(pod) : healthy(pod)
}

/** Migrations to 2.0.0 end with these words. */
function migrating(message: object) {
  return (pod: KubeObject) =>
    componentOf(pod) === 'migrate' && versionOf(pod) === '2.0.0' ? succeeded(pod, message) : healthy(pod)
}

describe.concurrent('the record of a release', () => {
  test('holds its templates, its configuration and the result of its migration, and when it was good', async ({
    chat,
  }) => {
    await readyChat(chat)
    const [record] = await records(chat)
    expect(record).toMatchObject({
      revision: 1,
      data: { version: '1.0.0', operator: '0.1.0', templates: { api: {}, websocket: {}, migrate: {} } },
    })
    const name = at<string>(record, 'data', 'config', 'name')!
    expect(at(await chat.get(CONFIG_MAPS, name), 'data')).toEqual(at(record, 'data', 'config', 'data'))
    expect(at(await chat.get(CONFIG_MAPS, name), 'immutable')).toBe(true)
    expect(await learned(chat, 1, 'migration')).toEqual({ schemaVersion: 3 })
    await eventually(async () => expect(await learned(chat, 1, 'good')).toMatchObject({ number: 1 }))
  })

  test('keeps a finished migration from running again when its Job is deleted', async ({ chat }) => {
    await readyChat(chat)
    const [job] = await chat.list(JOBS)
    await chat.client.delete(job!)
    await eventually(async () => (await chat.list(JOBS)).length === 0)
    await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { replicas: 3 } } })
    await eventually(async () => expect((await chat.status()).websocket?.summary).toBe('3/3'))
    await chat.reason('Ready')
    expect(await chat.list(JOBS)).toEqual([])
  })

  test('is made by one run, although the Job is deleted in the moment in which it ends', async ({ chat }) => {
    const seen = new Set<string>()
    const migrations = new Set<string>()
    await chat.follow(JOBS, (job) => {
      if (componentOf(job) === 'migrate') migrations.add(job.metadata.uid!)
      if (!seen.has(job.metadata.uid!))
        void chat.edit(JOBS, job.metadata.name, { spec: { ttlSecondsAfterFinished: 0 } })
      seen.add(job.metadata.uid!)
    })
    await readyChat(chat)
    await eventually(async () => (await chat.list(JOBS)).length === 0)
    await chat.chatApp({ version: '2.0.0' })
    await eventually(async () => expect((await chat.status()).version).toBe('2.0.0'))
    await eventually(async () => (await chat.list(JOBS)).length === 0)
    expect(migrations.size).toBe(2)
    expect(await learned(chat, 2, 'migration')).toEqual({ schemaVersion: 3 })
  })

  test('is adopted after a deletion that orphans it, and numbers continue', async ({ chat }) => {
    await readyChat(chat)
    await chat.chatApp({ version: '2.0.0' })
    await eventually(async () => expect(await chat.status()).toMatchObject({ version: '2.0.0', revision: 2 }))
    const chatApp = await chat.get(CHAT_APPS, 'chat')
    await chat.client.delete(chatApp!, { propagationPolicy: 'Orphan' })
    await eventually(async () => (await chat.get(CHAT_APPS, 'chat')) === undefined)
    await eventually(async () => (await records(chat)).every((record) => controllerOf(record) === undefined))
    await chat.chatApp({ version: '2.0.0' })
    await chat.reason('Ready')
    const { uid } = (await chat.get(CHAT_APPS, 'chat'))!.metadata
    expect((await records(chat)).map((record) => [record['revision'], controllerOf(record)?.uid])).toEqual([
      [1, uid],
      [2, uid],
    ])
    expect((await chat.status()).revision).toBe(2)
  })
})

describe.concurrent('the configuration of a release', () => {
  const broadcast = { redis: { broadcast: { url: { secretKeyRef: { name: 'redis-credentials' } } } } }

  test('stays while a pod reads it, is made again from the record, and is deleted with the record', async ({
    chat,
  }) => {
    await readyChat(chat, { rollout: { historyLimit: 1 } })
    const [first] = await records(chat)
    const name = at<string>(first, 'data', 'config', 'name')!
    await chat.chatApp({ ...broadcast, rollout: { historyLimit: 1 } })
    await eventually(async () => expect((await chat.status()).revision).toBe(2))
    await chat.reason('Ready')
    await chat.delete(CONFIG_MAPS, name)
    await eventually(async () => expect(await chat.get(CONFIG_MAPS, name)).toBeDefined())
    await chat.chatApp({ ...broadcast, version: '2.0.0', rollout: { historyLimit: 1 } })
    await eventually(async () => expect((await chat.status()).revision).toBe(3))
    await eventually(async () => expect(await chat.get(CONFIG_MAPS, name)).toBeUndefined())
    expect((await records(chat)).map((record) => record['revision'])).toEqual([2, 3])
  })
})

describe.concurrent('a rollout', () => {
  test('reaches the WebSocket service after the API', async ({ chat }) => {
    await readyChat(chat)
    chat.kubelet.behave(only('2.0.0', 'api', () => undefined))
    await chat.chatApp({ version: '2.0.0' })
    await eventually(async () => expect(await imageOf(chat, 'api')).toMatch(/:2\.0\.0$/))
    await eventually(async () =>
      expect((await chat.list(PODS)).some((pod) => versionOf(pod) === '2.0.0' && componentOf(pod) === 'api')).toBe(
        true,
      ),
    )
    expect(await imageOf(chat, 'websocket')).toMatch(/:1\.0\.0$/)
    expect((await chat.condition('Ready'))?.message).toContain('the WebSocket service waits for the API')
    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
    expect(await imageOf(chat, 'websocket')).toMatch(/:2\.0\.0$/)
  })

  test('whose pods crash goes back by itself, and is tried again only for new inputs', async ({ chat }) => {
    await readyChat(chat)
    chat.kubelet.behave(only('2.0.0', 'api', (pod) => crashing(pod, 'cannot read the file')))
    await chat.chatApp({ version: '2.0.0' })
    const { message } = await chat.reason('RolledBack')
    expect(message).toMatch(/release 2 \(2\.0\.0\) failed: .*cannot read the file; release 1 \(1\.0\.0\) runs again/)
    await eventually(async () => expect(await imageOf(chat, 'api')).toMatch(/:1\.0\.0$/))
    expect(await chat.condition('Stalled')).toMatchObject({ status: 'True', reason: 'RolledBack' })
    await eventually(async () => expect(await chat.condition('Available')).toMatchObject({ status: 'True' }))
    expect(await chat.status()).toMatchObject({ version: '1.0.0', targetVersion: '2.0.0', observedGeneration: 2 })
    expect(at(await chat.get(CHAT_APPS, 'chat'), 'spec', 'version')).toBe('2.0.0')
    // What makes no release follows the spec at once, also now.
    await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { replicas: 3 } } })
    await eventually(async () => expect((await chat.status()).websocket?.summary).toBe('3/3'))
    expect(await imageOf(chat, 'api')).toMatch(/:1\.0\.0$/)
    // The content of a Secret is an input, also of one that is reloaded without a rollout.
    chat.kubelet.behave(healthy)
    await chat.edit(SECRETS, 'db-credentials', { stringData: { url: 'mysql://chat:other@db:3306/chat' } })
    await chat.reason('Ready')
    expect(await chat.status()).toMatchObject({ version: '2.0.0', revision: 2 })
  })

  test('that makes no progress goes back, and is tried again by annotation', async ({ chat }) => {
    await readyChat(chat, { rollout: { progressDeadlineSeconds: 30 } })
    chat.kubelet.behave(only('2.0.0', 'websocket', (pod) => unready(pod, '127.0.0.1')))
    await chat.chatApp({ version: '2.0.0', rollout: { progressDeadlineSeconds: 30 } })
    await chat.reason('RolledBack')
    await eventually(async () => expect(await imageOf(chat, 'api')).toMatch(/:1\.0\.0$/))
    await eventually(async () => expect(await imageOf(chat, 'websocket')).toMatch(/:1\.0\.0$/))
    chat.kubelet.behave(healthy)
    await chat.edit(CHAT_APPS, 'chat', { metadata: { annotations: { 'chat-app.com/retry': '1' } } })
    await chat.reason('Ready')
    expect(await imageOf(chat, 'websocket')).toMatch(/:2\.0\.0$/)
  })

  test('is not judged while pods of the former release suffer too', async ({ chat }) => {
    await readyChat(chat)
    const suffering = (newPod: (pod: KubeObject) => object | undefined) => (pod: KubeObject) => {
      if (componentOf(pod) !== 'api') return healthy(pod)
      return versionOf(pod) === '2.0.0' ? newPod(pod) : unready(pod, '127.0.0.1')
    }
    chat.kubelet.behave(only('2.0.0', 'api', () => undefined))
    await chat.chatApp({ version: '2.0.0' })
    await eventually(async () => expect(await imageOf(chat, 'api')).toMatch(/:2\.0\.0$/))
    // A pod is unready some seconds after its dependency is gone, and three crashes take half a minute.
    chat.kubelet.behave(suffering(() => undefined))
    await eventually(async () => expect((await chat.condition('Available'))?.status).toBe('False'))
    chat.kubelet.behave(suffering((pod) => crashing(pod, 'no database')))
    await eventually(async () =>
      expect(await learned(chat, 2, 'held')).toMatchObject({ since: expect.any(String) as string }),
    )
    expect(await learned(chat, 2, 'failed')).toBeUndefined()
    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
    expect(await chat.status()).toMatchObject({ version: '2.0.0' })
  })

  test('that fails after an irreversible migration stays, and says why', async ({ chat }) => {
    await readyChat(chat)
    const migrated = migrating({ schemaVersion: 4, from: 3, to: 4, irreversible: true })
    chat.kubelet.behave((pod) =>
      componentOf(pod) === 'api' && versionOf(pod) === '2.0.0' ? crashing(pod, 'broken') : migrated(pod),
    )
    await chat.chatApp({ version: '2.0.0' })
    expect((await chat.reason('RollbackRefused')).message).toContain('the migration of release 2.0.0 is irreversible')
    expect(await imageOf(chat, 'api')).toMatch(/:2\.0\.0$/)
    expect(await chat.condition('Available')).toMatchObject({ status: 'True' })
  })

  test('to a version that the schema does not carry is refused', async ({ chat }) => {
    chat.kubelet.behave(migrating({ schemaVersion: 4, minimumVersion: '2.0.0' }))
    await readyChat(chat, { version: '2.0.0' })
    await chat.chatApp({ version: '1.0.0' })
    expect((await chat.reason('VersionTooOld')).message).toContain('needs at least 2.0.0')
    expect(await imageOf(chat, 'api')).toMatch(/:2\.0\.0$/)
    await chat.chatApp({ version: '2.0.0' })
    await chat.reason('Ready')
  })

  test('is taken back by hand, until the next edit', async ({ chat }) => {
    await readyChat(chat)
    await chat.chatApp({ version: '2.0.0' })
    await eventually(async () => expect((await chat.status()).version).toBe('2.0.0'))
    await chat.edit(CHAT_APPS, 'chat', { metadata: { annotations: { 'chat-app.com/rollback-to': '1' } } })
    await chat.reason('RolledBackByHand')
    await eventually(async () => expect(await imageOf(chat, 'websocket')).toMatch(/:1\.0\.0$/))
    expect(await chat.list(JOBS)).toHaveLength(1)
    await chat.chatApp({ version: '3.0.0' })
    await chat.reason('Ready')
    expect(await chat.status()).toMatchObject({ version: '3.0.0', revision: 3 })
    chat.kubelet.behave(ready)
  })

  test('whose record would be too large is refused before anything of it is written', async ({ chat }) => {
    await readyChat(chat)
    const env = Array.from({ length: 2500 }, (_, index) => ({ name: `NAME_${index}`, value: 'x'.repeat(100) }))
    await chat.chatApp({ api: { replicas: 2, podTemplate: { spec: { containers: [{ name: 'api', env }] } } } })
    expect((await chat.reason('InvalidSpec')).message).toMatch(/at most 524288 are possible: make .*api smaller/)
    expect(await records(chat)).toHaveLength(1)
    await eventually(async () => expect((await chat.status()).api?.summary).toBe('2/2'))
  })
})

describe.concurrent('the worker', () => {
  const worker = { replicas: 2 }

  test('gets a release last, goes back with the others, and sleeps with them', async ({ chat }) => {
    await readyChat(chat, { worker })
    expect((await chat.status()).worker?.summary).toBe('2/2')
    chat.kubelet.behave(only('2.0.0', 'websocket', () => undefined))
    await chat.chatApp({ version: '2.0.0', worker })
    await eventually(async () => expect(await imageOf(chat, 'websocket')).toMatch(/:2\.0\.0$/))
    await eventually(async () =>
      expect((await chat.condition('Ready'))?.message).toContain('the worker waits for the WebSocket service'),
    )
    expect(await imageOf(chat, 'worker')).toMatch(/:1\.0\.0$/)
    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
    expect(await imageOf(chat, 'worker')).toMatch(/:2\.0\.0$/)
    expect(await chat.condition('WorkerAvailable')).toMatchObject({ status: 'True', message: '2/2 pods are ready' })

    chat.kubelet.behave(only('3.0.0', 'worker', (pod) => crashing(pod, 'cannot read the outbox')))
    await chat.chatApp({ version: '3.0.0', worker })
    expect((await chat.reason('RolledBack')).message).toMatch(
      /cannot read the outbox; release 2 \(2\.0\.0\) runs again/,
    )
    for (const component of ['api', 'websocket', 'worker'])
      await eventually(async () => expect(await imageOf(chat, component)).toMatch(/:2\.0\.0$/))

    await chat.edit(CHAT_APPS, 'chat', { spec: { version: '2.0.0', hibernated: true } })
    await chat.reason('Hibernated')
    expect(at(await chat.get(DEPLOYMENTS, 'chat-worker'), 'spec', 'replicas')).toBe(0)
    await eventually(async () => expect((await chat.status()).worker?.summary).toBe('0/0'))
  })

  test('is added to a release without one, which has none after a rollback, and is taken away', async ({ chat }) => {
    const others = async () => {
      const pods = (await chat.list(PODS)).filter((pod) => ['api', 'websocket'].includes(componentOf(pod) ?? ''))
      return pods.map(({ metadata }) => metadata.name).sort()
    }
    await readyChat(chat)
    const before = await others()
    chat.kubelet.behave(only('1.0.0', 'worker', (pod) => crashing(pod, 'cannot read the outbox')))
    await chat.chatApp({ worker })
    await chat.reason('RolledBack')
    await eventually(async () => expect(await chat.get(DEPLOYMENTS, 'chat-worker')).toBeUndefined())
    expect((await chat.status()).version).toBe('1.0.0')

    chat.kubelet.behave(healthy)
    await chat.edit(CHAT_APPS, 'chat', { metadata: { annotations: { 'chat-app.com/retry': '1' } } })
    await chat.reason('Ready')
    expect((await chat.status()).worker?.summary).toBe('2/2')
    await chat.chatApp()
    await eventually(async () => expect(await chat.get(DEPLOYMENTS, 'chat-worker')).toBeUndefined())
    await chat.reason('Ready')
    expect((await chat.status()).worker).toBeUndefined()
    expect(await others()).toEqual(before)
  })
})
