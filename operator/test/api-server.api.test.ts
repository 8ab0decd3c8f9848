import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEPLOYMENTS, SERVICES } from '@chat-app/chat/resources'
import { startApi, type Cluster } from '@chat-app/sandbox-cluster'
import { installChatApps } from '@chat-app/sandbox-cluster/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { componentOf } from '../src/observe/pods.ts'
import { isNotFound } from '../src/runtime/errors.ts'
import { at } from '../src/runtime/json.ts'
import { eventually, makeChat, readyChat } from '../src/testing/chat.ts'
import { healthy } from '../src/testing/kubelet.ts'

function unlessGone(error: unknown): void {
  if (!isNotFound(error)) throw error
}

/** A cluster of its own, since its API server is killed. */
describe('an operator whose API server is killed', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startApi({ dir: await mkdtemp(join(tmpdir(), 'killed-api-')), name: 'killed' })
    await installChatApps(cluster.kubeconfig)
  })
  afterAll(() => cluster?.stop())

  test('finishes a rollout that had begun', async () => {
    const chat = await makeChat(cluster.kubeconfig)
    const operator = await chat.operator()
    chat.kubelet.behave((pod) => (componentOf(pod) === 'migrate' ? undefined : healthy(pod)))
    await chat.secrets()
    await chat.chatApp()
    await chat.reason('Migrating')
    chat.kubelet.behave(healthy)
    await cluster.kill('kube-apiserver', 'SIGKILL')
    await chat.reason('Ready')
    expect(operator.isReady()).toBe(true)
    await chat.end()
  })

  test('repairs the changes that were made between several kills', async () => {
    const chat = await makeChat(cluster.kubeconfig)
    await readyChat(chat)
    for (const round of [1, 2]) {
      const spec = { ports: [{ port: 80, targetPort: 1000 + round }] }
      await eventually(() => chat.edit(SERVICES, 'chat-api', { spec }))
      await cluster.kill('kube-apiserver', 'SIGKILL')
      // The server may have made a deletion whose answer was lost.
      await eventually(() => chat.delete(SERVICES, 'chat-websocket').catch(unlessGone))
    }
    await eventually(async () => {
      expect(at(await chat.get(SERVICES, 'chat-api'), 'spec', 'ports', 0, 'targetPort')).toBe('http')
      expect(await chat.get(SERVICES, 'chat-websocket')).toBeDefined()
      expect(await chat.get(DEPLOYMENTS, 'chat-websocket')).toBeDefined()
    })
    await chat.reason('Ready')
    await chat.end()
  })
})
