import { expect } from 'vitest'
import { at } from '../src/runtime/json.ts'
import { AUTOSCALERS, DEPLOYMENTS } from '../src/runtime/resources.ts'
import { eventually, readyChat, test } from '../src/testing/chat.ts'
import { CHAT_APPS } from '../src/cache/world.ts'

test('an autoscaler is given the number of pods without a change of it, and keeps what it has set', async ({
  chat,
}) => {
  await readyChat(chat, { websocket: { replicas: 3 } })
  const replicas = async () => at<number>(await chat.get(DEPLOYMENTS, 'chat-websocket'), 'spec', 'replicas')
  const seen = new Set([await replicas()])
  const autoscaling = { minReplicas: 1, maxReplicas: 9 }
  await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { autoscaling } } })
  await eventually(async () => {
    seen.add(await replicas())
    return (await chat.get(AUTOSCALERS, 'chat-websocket')) !== undefined
  })
  await chat.reason('Ready', 40_000)
  expect([...seen, await replicas()]).toEqual([3, 3])
  // As the autoscaler does it.
  await chat.edit(DEPLOYMENTS, 'chat-websocket', { spec: { replicas: 5 } }, 'scale')
  await chat.chatApp({ version: '1.1.0', websocket: { replicas: 3, autoscaling } })
  await chat.reason('Ready', 40_000)
  expect(await replicas()).toBe(5)
  expect((await chat.status()).websocket?.summary).toBe('5/5')
  // And back: the number is fixed again.
  await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { autoscaling: null, replicas: 2 } } })
  await eventually(async () => expect(await replicas()).toBe(2))
  await eventually(async () => expect(await chat.get(AUTOSCALERS, 'chat-websocket')).toBeUndefined())
}, 120_000)
