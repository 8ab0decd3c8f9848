import { createServer } from 'node:http'
import { EVENTS } from '@chat-app/chat/resources'
import { describe, expect } from 'vitest'
import { componentOf } from '../src/observe/pods.ts'
import type { KubeObject } from '../src/runtime/types.ts'
import { eventually, test, type Chat } from '../src/testing/chat.ts'
import { healthy, starting } from '../src/testing/kubelet.ts'

const HOUR_MS = 3_600_000
const connecting = { status: 'DOWN', details: { error: 'redis redis:6379: is connecting' } }

/** Serves the health endpoint of pods whose connection to Redis is not open yet. */
async function serveConnecting(host: string) {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    const body = JSON.stringify({ status: 'DOWN', components: { redis: connecting } })
    response.writeHead(503, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(8080, host, resolve))
  return { asked: () => asked, close: () => new Promise((resolve) => server.close(resolve)) }
}

async function ownEvents(chat: Chat): Promise<KubeObject[]> {
  return (await chat.list(EVENTS)).filter((event) => event['reportingController'] === 'chat-app.com/operator')
}

/** Service pods that start at an address; migrations succeed. */
function startingAt(host: string, startedAt?: string): (pod: KubeObject) => object {
  return (pod) => (componentOf(pod) === 'migrate' ? healthy(pod) : starting(pod, host, startedAt))
}

describe.concurrent('pods that start', () => {
  test('are no outage: a first rollout and an upgrade emit no Warning, and say what they wait for', async ({
    chat,
  }) => {
    const host = '127.23.0.3'
    const redis = await serveConnecting(host)
    await chat.secrets()
    await chat.operator({ podAccess: 'direct' })
    // The clock of the node is ahead: however slow this machine is, the pods are young.
    const later = new Date(Date.now() + HOUR_MS).toISOString().replace(/\.\d+Z/, 'Z')
    for (const version of ['1.0.0', '1.1.0']) {
      chat.kubelet.behave(startingAt(host, later))
      const before = redis.asked()
      await chat.chatApp({ version })
      await eventually(() => redis.asked() > before)
      const message = await eventually(async () => {
        const ready = await chat.condition('Ready')
        expect(ready).toMatchObject({ status: 'False', reason: 'RollingOut' })
        return ready?.message
      })
      expect(message).toMatch(/Deployment chat-(api|websocket): .*pods? chat-\S+ .*not ready since \d\d:\d\d:\d\dZ/)
      chat.kubelet.behave(healthy)
      await chat.reason('Ready')
    }
    // The second time raises the count of the first event.
    const events = await eventually(async () => {
      const seen = await ownEvents(chat)
      expect(seen.find(({ reason }) => reason === 'Ready')).toMatchObject({ series: { count: 2 } })
      return seen
    })
    expect(events.filter(({ type }) => type === 'Warning').map(({ note }) => note)).toEqual([])
    await redis.close()
  })

  test('are an outage when they still report one after 15 s', async ({ chat }) => {
    const host = '127.23.0.4'
    const redis = await serveConnecting(host)
    chat.kubelet.behave(startingAt(host))
    await chat.secrets()
    await chat.chatApp()
    await chat.operator({ podAccess: 'direct' })
    const { message } = await chat.reason('RedisUnreachable')
    expect(message).toMatch(/^pod chat-\S+: redis redis:6379: is connecting$/)
    await eventually(async () => {
      const warnings = (await ownEvents(chat)).filter(({ type }) => type === 'Warning')
      expect(warnings.map(({ reason }) => reason)).toEqual(['RedisUnreachable'])
    })
    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
    await redis.close()
  })
})
