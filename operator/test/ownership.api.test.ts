import { CHAT_APPS, CONFIG_MAPS, DEPLOYMENTS, JOBS, PODS, SERVICES, SERVICE_ACCOUNTS } from '@chat-app/chat/resources'
import { describe, expect } from 'vitest'
import { controllerOf } from '../src/runtime/types.ts'
import { eventually, readyChat, test } from '../src/testing/chat.ts'
import { chatModel } from '../src/testing/observed.ts'

describe.concurrent('ownership', () => {
  test('a foreign object with the name of a child is not changed, and named; without it the ChatApp continues', async ({
    chat,
  }) => {
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
    const { message } = await chat.reason('ForeignObject')
    expect(message).toContain(`ServiceAccount ${chat.namespace}/chat-api belongs to Helm`)
    expect(await chat.condition('Stalled')).toMatchObject({ status: 'True', reason: 'ForeignObject' })
    expect(await chat.get(SERVICE_ACCOUNTS, 'chat-api')).toEqual(before)
    // With a foreign ServiceAccount the pods would have its permissions.
    expect([await chat.list(JOBS), await chat.list(DEPLOYMENTS)]).toEqual([[], []])
    await chat.delete(SERVICE_ACCOUNTS, 'chat-api')
    await chat.reason('Ready')
  })

  test('a foreign Service holds nothing else', async ({ chat }) => {
    const spec = { ports: [{ port: 80 }] }
    await chat.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'chat-api' }, spec })
    await chat.secrets()
    await chat.chatApp()
    await chat.operator()
    expect((await chat.reason('ForeignObject')).message).toContain(`Service ${chat.namespace}/chat-api belongs to`)
    await eventually(async () => expect((await chat.status()).version).toBe('1.0.0'))
    await chat.chatApp({ version: '1.1.0', api: { replicas: 2 } })
    await eventually(async () =>
      expect(await chat.status()).toMatchObject({ version: '1.1.0', api: { summary: '2/2' } }),
    )
    expect(await chat.get(SERVICES, 'chat-api')).not.toHaveProperty('metadata.ownerReferences')
  })

  test('an object with the labels of a child that another object controls is not changed', async ({ chat }) => {
    const owner = await chat.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner' } })
    const { uid = '' } = owner.metadata
    const name = chatModel().names.config
    await chat.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        labels: { 'app.kubernetes.io/managed-by': 'chat-app-operator', 'app.kubernetes.io/instance': 'chat' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid, controller: true }],
      },
      data: { mine: 'yes' },
    })
    await chat.secrets()
    await (
      await chat.operator()
    ).leading
    await chat.chatApp()
    expect((await chat.reason('ForeignObject')).message).toContain(`${name} belongs to ConfigMap owner`)
    expect(await chat.get(CONFIG_MAPS, name)).toMatchObject({ data: { mine: 'yes' } })
  })

  test('children that a deletion has orphaned are adopted by the next ChatApp of the name', async ({ chat }) => {
    await readyChat(chat)
    const service = await chat.get(SERVICES, 'chat-api')
    const chatApp = await chat.get(CHAT_APPS, 'chat')
    await chat.client.delete(chatApp!, { propagationPolicy: 'Orphan' })
    await eventually(async () => (await chat.get(CHAT_APPS, 'chat')) === undefined)
    await eventually(async () => controllerOf((await chat.get(SERVICES, 'chat-api'))!) === undefined)
    await chat.chatApp()
    await chat.reason('Ready')
    const adopted = await chat.get(SERVICES, 'chat-api')
    expect(adopted?.metadata.uid).toBe(service?.metadata.uid)
    expect(controllerOf(adopted!)?.uid).toBe((await chat.get(CHAT_APPS, 'chat'))?.metadata.uid)
  })

  test('the children of a deleted ChatApp are deleted, and none is created again', async ({ chat }) => {
    await readyChat(chat)
    await chat.delete(CHAT_APPS, 'chat')
    await eventually(async () => {
      const left = (await Promise.all([SERVICES, PODS].map((resource) => chat.list(resource)))).flat()
      expect(left.map(({ metadata }) => metadata.name)).toEqual([])
      expect(await chat.get(CONFIG_MAPS, chatModel().names.config)).toBeUndefined()
    })
  })
})
