import {
  CHAT_APPS,
  CONFIG_MAPS,
  CONTROLLER_REVISIONS,
  DEPLOYMENTS,
  INGRESSES,
  JOBS,
  PODS,
  SERVICES,
  SERVICE_ACCOUNTS,
} from '@chat-app/chat/resources'
import { describe, expect } from 'vitest'
import { componentOf } from '../src/observe/pods.ts'
import { at } from '../src/runtime/json.ts'
import { controllerOf } from '../src/runtime/types.ts'
import { eventually, readyChat, test, type Chat } from '../src/testing/chat.ts'
import { healthy } from '../src/testing/kubelet.ts'

async function names(chat: Chat, ...resources: Parameters<Chat['list']>[0][]): Promise<string[]> {
  const lists = await Promise.all(resources.map((resource) => chat.list(resource)))
  return lists
    .flat()
    .filter((object) => controllerOf(object)?.kind === 'ChatApp')
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
}

describe.concurrent('a ChatApp', () => {
  test('becomes ready, with the migration before the services', async ({ chat }) => {
    const order: string[] = []
    chat.kubelet.behave((pod) => {
      order.push(componentOf(pod) ?? '')
      return healthy(pod)
    })
    await readyChat(chat)
    expect(order[0]).toBe('migrate')
    expect(await names(chat, SERVICE_ACCOUNTS, CONFIG_MAPS, SERVICES, DEPLOYMENTS)).toEqual([
      'ServiceAccount chat-api',
      'ServiceAccount chat-migrate',
      'ServiceAccount chat-prove',
      'ServiceAccount chat-websocket',
      expect.stringMatching(/^ConfigMap chat-config-[0-9a-f]{10}$/),
      'Service chat-api',
      'Service chat-websocket',
      'Deployment chat-api',
      'Deployment chat-websocket',
    ])
    expect(await chat.status()).toMatchObject({
      observedGeneration: 1,
      version: '1.0.0',
      targetVersion: '1.0.0',
      schemaVersion: 3,
      revision: 1,
      api: { ready: 1, desired: 1, summary: '1/1' },
      websocket: { ready: 2, desired: 2, summary: '2/2' },
    })
    const conditions = (await chat.status()).conditions?.map(({ type, status }) => `${type}=${status}`)
    expect(conditions).toEqual([
      'Ready=True',
      'Reconciling=False',
      'Stalled=False',
      'Available=True',
      'SecretsAvailable=True',
      'DatabaseReachable=True',
      'Migrated=True',
      'ApiAvailable=True',
      'WebSocketAvailable=True',
    ])
  })

  test('starts no service before its migration is complete', async ({ chat }) => {
    chat.kubelet.behave(() => undefined)
    await chat.secrets()
    await chat.chatApp()
    await chat.operator()
    await chat.reason('Migrating')
    expect(await names(chat, JOBS, CONTROLLER_REVISIONS)).toHaveLength(2)
    expect(await names(chat, DEPLOYMENTS)).toEqual([])
    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
  })

  test('has every deleted child created again', async ({ chat }) => {
    await readyChat(chat)
    for (const resource of [SERVICES, CONFIG_MAPS, SERVICE_ACCOUNTS, DEPLOYMENTS, CONTROLLER_REVISIONS]) {
      const child = (await chat.list(resource)).find((object) => controllerOf(object)?.kind === 'ChatApp')!
      await chat.client.delete(child)
      await eventually(async () => {
        const again = await chat.get(resource, child.metadata.name)
        return again !== undefined && again.metadata.uid !== child.metadata.uid
      })
    }
    await chat.reason('Ready')
  })

  test('has every owned field that was edited repaired, and keeps the additions of others', async ({ chat }) => {
    await readyChat(chat)
    const added = { labels: { team: 'a' }, annotations: { 'example.com/note': 'mine' } }
    await chat.edit(DEPLOYMENTS, 'chat-api', { metadata: added, spec: { replicas: 4, paused: true } })
    await chat.edit(SERVICES, 'chat-api', { spec: { selector: { 'app.kubernetes.io/component': 'other' } } })
    const config = (await chat.list(CONFIG_MAPS)).find((object) => controllerOf(object)?.kind === 'ChatApp')
    await chat.edit(CONFIG_MAPS, config!.metadata.name, {
      metadata: { labels: { 'app.kubernetes.io/version': 'x', b: 'c' } },
    })
    await chat.edit(DEPLOYMENTS, 'chat-websocket', { metadata: { labels: { 'app.kubernetes.io/managed-by': 'me' } } })
    await eventually(async () => {
      const deployment = await chat.get(DEPLOYMENTS, 'chat-api')
      expect(deployment).toMatchObject({ metadata: added, spec: { replicas: 1, paused: true } })
      const service = await chat.get(SERVICES, 'chat-api')
      expect(at(service, 'spec', 'selector', 'app.kubernetes.io/component')).toBe('api')
      const labels = (await chat.get(CONFIG_MAPS, config!.metadata.name))?.metadata.labels
      expect(labels).toMatchObject({ 'app.kubernetes.io/version': '1.0.0', b: 'c' })
      const websocket = await chat.get(DEPLOYMENTS, 'chat-websocket')
      expect(websocket?.metadata.labels?.['app.kubernetes.io/managed-by']).toBe('chat-app-operator')
    })
  })

  test('has no Ingress after its exposure was set to None', async ({ chat }) => {
    await readyChat(chat, {
      exposure: {
        type: 'Ingress',
        hosts: { api: 'api.example.com', websocket: 'ws.example.com' },
        ingress: { className: 'haproxy' },
      },
    })
    expect((await names(chat, INGRESSES)).length).toBeGreaterThan(0)
    await chat.chatApp({ exposure: { type: 'None' } })
    await eventually(async () => expect(await names(chat, INGRESSES)).toEqual([]))
    await chat.reason('Ready')
  })

  test('migrates for a new version, keeps the old pods until then, and numbers the rollout', async ({ chat }) => {
    await readyChat(chat)
    const before = await names(chat, JOBS)
    chat.kubelet.behave((pod) => (componentOf(pod) === 'migrate' ? undefined : healthy(pod)))
    await chat.chatApp({ version: '1.1.0' })
    await chat.reason('Migrating')
    expect(at(await chat.get(DEPLOYMENTS, 'chat-api'), 'spec', 'template', 'spec', 'containers', 0, 'image')).toMatch(
      /:1\.0\.0$/,
    )
    expect(await chat.status()).toMatchObject({ version: '1.0.0', targetVersion: '1.1.0', revision: 1 })
    expect(await chat.condition('ApiAvailable')).toMatchObject({ status: 'True' })
    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
    expect(await chat.status()).toMatchObject({ version: '1.1.0', revision: 2 })
    expect(await names(chat, JOBS)).not.toEqual(before)
    expect(await names(chat, JOBS)).toHaveLength(1)
    expect(await names(chat, CONTROLLER_REVISIONS)).toHaveLength(2)
    // A return to a former release is a new rollout with the stored templates.
    await chat.chatApp({ version: '1.0.0' })
    await eventually(async () => expect(await chat.status()).toMatchObject({ version: '1.0.0', revision: 3 }))
    expect(await names(chat, CONTROLLER_REVISIONS)).toHaveLength(2)
  })

  test('is scaled by its scale subresource', async ({ chat }) => {
    await readyChat(chat)
    await chat.edit(CHAT_APPS, 'chat', { spec: { replicas: 3 } }, 'scale')
    await eventually(async () => expect(at(await chat.get(DEPLOYMENTS, 'chat-websocket'), 'spec', 'replicas')).toBe(3))
    await eventually(async () => expect((await chat.status()).websocket?.summary).toBe('3/3'))
  })

  test('is not changed while it is paused, and names what would change', async ({ chat }) => {
    await readyChat(chat)
    await chat.edit(CHAT_APPS, 'chat', { spec: { paused: true } })
    expect(await chat.reason('Paused')).toMatchObject({ status: 'True' })
    await chat.delete(SERVICES, 'chat-api')
    await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { replicas: 4 } } })
    await eventually(async () => {
      const { status, message } = await chat.reason('Paused')
      expect(status).toBe('False')
      expect(message).toContain('would create Service chat-api')
      expect(message).toContain('would update Deployment chat-websocket')
    })
    expect(await chat.get(SERVICES, 'chat-api')).toBeUndefined()
    await chat.edit(CHAT_APPS, 'chat', { spec: { paused: false } })
    await chat.reason('Ready')
    expect(await chat.get(SERVICES, 'chat-api')).toBeDefined()
  })

  test('has no pods while it is hibernated, and is ready again afterwards', async ({ chat }) => {
    await readyChat(chat)
    await chat.edit(CHAT_APPS, 'chat', { spec: { hibernated: true } })
    await chat.reason('Hibernated')
    const services = (await chat.list(PODS)).filter((pod) => componentOf(pod) !== 'migrate')
    expect(services).toEqual([])
    expect(await chat.status()).toMatchObject({ api: { summary: '0/0' }, websocket: { summary: '0/0' } })
    await chat.edit(CHAT_APPS, 'chat', { spec: { hibernated: false } })
    await chat.reason('Ready')
  })
})
