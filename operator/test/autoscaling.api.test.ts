import { AUTOSCALERS, CHAT_APPS, DEPLOYMENTS } from '@chat-app/chat/resources'
import { expect } from 'vitest'
import { at } from '../src/runtime/json.ts'
import { eventually, readyChat, test } from '../src/testing/chat.ts'

test('an autoscaler takes over the number of pods without a change, and keeps the number that it sets', async ({
  chat,
}) => {
  await readyChat(chat, { websocket: { replicas: 3 } })
  const replicas = async () => at<number>(await chat.get(DEPLOYMENTS, 'chat-websocket'), 'spec', 'replicas')
  const seen = new Set<number | undefined>()
  await chat.follow(DEPLOYMENTS, (object) => {
    if (object.metadata.name === 'chat-websocket') seen.add(at<number>(object, 'spec', 'replicas'))
  })
  const autoscaling = { minReplicas: 1, maxReplicas: 9 }
  await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { autoscaling } } })
  await eventually(async () => (await chat.get(AUTOSCALERS, 'chat-websocket')) !== undefined)
  await chat.reason('Ready')
  expect([...seen, await replicas()]).toEqual([3, 3])
  // There are no metrics in this cluster. The ChatApp is ready, and says so.
  await eventually(async () =>
    expect(await chat.condition('ScalingActive')).toMatchObject({
      status: 'False',
      message: expect.stringMatching(/^HorizontalPodAutoscaler chat-websocket: .*metrics/),
    }),
  )
  await chat.reason('Ready')
  // As the autoscaler sets it.
  await chat.edit(DEPLOYMENTS, 'chat-websocket', { spec: { replicas: 5 } }, 'scale')
  await chat.chatApp({ version: '1.1.0', websocket: { replicas: 3, autoscaling } })
  await chat.reason('Ready')
  expect(await replicas()).toBe(5)
  expect((await chat.status()).websocket?.summary).toBe('5/5')
  // Without the autoscaler the ChatApp sets the number again.
  await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { autoscaling: null, replicas: 2 } } })
  await eventually(async () => expect(await replicas()).toBe(2))
  await eventually(async () => expect(await chat.get(AUTOSCALERS, 'chat-websocket')).toBeUndefined())
})
