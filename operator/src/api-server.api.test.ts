import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApi } from '@chat-app/sandbox-cluster'
import type { Cluster } from '@chat-app/sandbox-cluster'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installChatApps } from '@chat-app/sandbox-cluster/testing'
import { isNotFound } from './kube/errors.ts'
import { CONFIG_MAPS, DEPLOYMENTS, SERVICES } from './kube/resources.ts'
import { at } from './kube/json.ts'
import { eventually, makeChat, readyChat } from './testing/chat.ts'
import { healthy } from './testing/kubelet.ts'
import { componentOf } from './pods.ts'

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error
}

/** A cluster of its own, for its API server is killed. */
describe('an operator whose API server is killed', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startApi({ dir: await mkdtemp(join(tmpdir(), 'killed-api-')), name: 'killed' })
    await installChatApps(cluster.kubeconfig)
  })
  afterAll(() => cluster?.stop())

  test('finishes a rollout that was under way, and sees what it missed', async () => {
    const chat = await makeChat(cluster.kubeconfig)
    // A lease that outlives the outage: losing it would end the operator, which is another test's concern.
    const operator = await chat.operator({ lease: { durationMs: 60_000, renewDeadlineMs: 50_000, retryMs: 500 } })
    chat.kubelet.behave((pod) => (componentOf(pod) === 'migrate' ? undefined : healthy(pod)))
    await chat.secrets()
    await chat.chatApp()
    await chat.reason('Migrating')
    chat.kubelet.behave(healthy)
    await cluster.kill('kube-apiserver', 'SIGKILL')
    await eventually(() => chat.reason('Ready', 100), { timeoutMs: 90_000 })
    expect(operator.isReady()).toBe(true)
    await chat.end()
  }, 150_000)

  test('repairs after several kills what was changed between them', async () => {
    const chat = await makeChat(cluster.kubeconfig)
    await readyChat(chat).catch(() => undefined)
    for (const round of [1, 2]) {
      await eventually(() => chat.edit(CONFIG_MAPS, 'chat-config', { data: { 'production.yml': `broken ${round}` } }), {
        timeoutMs: 30_000,
      })
      await cluster.kill('kube-apiserver', 'SIGKILL')
      // The answer to a deletion that was done may have been lost with the server.
      await eventually(() => chat.delete(SERVICES, 'chat-websocket').catch(unlessGone), { timeoutMs: 30_000 })
    }
    await eventually(
      async () => {
        expect(at(await chat.get(CONFIG_MAPS, 'chat-config'), 'data', 'production.yml')).toContain('database:')
        expect(await chat.get(SERVICES, 'chat-websocket')).toBeDefined()
        expect(await chat.get(DEPLOYMENTS, 'chat-websocket')).toBeDefined()
      },
      { timeoutMs: 60_000 },
    )
    await eventually(() => chat.reason('Ready', 100), { timeoutMs: 60_000 })
    await chat.end()
  }, 240_000)
})
