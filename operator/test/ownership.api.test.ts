import { describe, expect } from 'vitest'
import { CONFIG_MAPS, PODS, SERVICE_ACCOUNTS, SERVICES } from '../src/runtime/resources.ts'
import { controllerOf } from '../src/runtime/types.ts'
import { CHAT_APPS } from '../src/cache/world.ts'
import { eventually, readyChat, test } from '../src/testing/chat.ts'

/** The garbage collector looks for new kinds every 30 s only, and the cluster of a test is young. */
const COLLECTED = { timeoutMs: 60_000 }

describe.concurrent('objects of others', () => {
  test('an object of our name is not touched, and named; when it is gone we go on', async ({ chat }) => {
    await chat.apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'chat-api', labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
    })
    const before = await chat.get(SERVICE_ACCOUNTS, 'chat-api')
    await chat.secrets()
    await (
      await chat.operator()
    ).leading
    await chat.chatApp()
    const { message } = await chat.reason('ForeignObject', 5000)
    expect(message).toContain(`ServiceAccount ${chat.namespace}/chat-api belongs to Helm`)
    expect(await chat.condition('Stalled')).toMatchObject({ status: 'True', reason: 'ForeignObject' })
    expect(await chat.get(SERVICE_ACCOUNTS, 'chat-api')).toEqual(before)
    // Nothing was begun: with a foreign ServiceAccount our pods would run with permissions that we do not know.
    expect(chat.writes.filter((write) => !write.endsWith('/status'))).toEqual([])
    await chat.delete(SERVICE_ACCOUNTS, 'chat-api')
    await chat.reason('Ready', 50_000)
  }, 90_000)

  test('an object with our labels that somebody else controls is not touched', async ({ chat }) => {
    const owner = await chat.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner' } })
    const { name, uid = '' } = owner.metadata
    await chat.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'chat-config',
        labels: { 'app.kubernetes.io/managed-by': 'chat-app-operator', 'app.kubernetes.io/instance': 'chat' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid, controller: true }],
      },
      data: { mine: 'yes' },
    })
    await chat.secrets()
    await (
      await chat.operator()
    ).leading
    await chat.chatApp()
    expect((await chat.reason('ForeignObject', 5000)).message).toContain('chat-config belongs to ConfigMap owner')
    expect(await chat.get(CONFIG_MAPS, 'chat-config')).toMatchObject({ data: { mine: 'yes' } })
  })

  test('children left behind by an orphaning deletion are adopted by the next ChatApp of the name', async ({
    chat,
  }) => {
    await readyChat(chat)
    const service = await chat.get(SERVICES, 'chat-api')
    const chatApp = await chat.get(CHAT_APPS, 'chat')
    await chat.client.delete(chatApp!, { propagationPolicy: 'Orphan' })
    await eventually(async () => (await chat.get(CHAT_APPS, 'chat')) === undefined, COLLECTED)
    await eventually(async () => controllerOf((await chat.get(SERVICES, 'chat-api'))!) === undefined, COLLECTED)
    await chat.chatApp()
    await chat.reason('Ready', 40_000)
    const adopted = await chat.get(SERVICES, 'chat-api')
    expect(adopted?.metadata.uid).toBe(service?.metadata.uid)
    expect(controllerOf(adopted!)?.uid).toBe((await chat.get(CHAT_APPS, 'chat'))?.metadata.uid)
  }, 150_000)

  test('a ChatApp that is deleted takes its children with it, and nothing is made anew', async ({ chat }) => {
    await readyChat(chat)
    await chat.delete(CHAT_APPS, 'chat')
    await eventually(async () => {
      const left = (await Promise.all([SERVICES, PODS].map((resource) => chat.list(resource)))).flat()
      expect(left.map(({ metadata }) => metadata.name)).toEqual([])
      expect(await chat.get(CONFIG_MAPS, 'chat-config')).toBeUndefined()
    }, COLLECTED)
  }, 90_000)
})
