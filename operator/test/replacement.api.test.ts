import { DEPLOYMENTS, type Resource } from '@chat-app/chat/resources'
import { describe, expect } from 'vitest'
import { componentOf } from '../src/observe/pods.ts'
import { at } from '../src/runtime/json.ts'
import type { KubeObject } from '../src/runtime/types.ts'
import { eventually, readyChat, test, type Chat } from '../src/testing/chat.ts'
import { healthy } from '../src/testing/kubelet.ts'

const REPLICA_SETS: Resource = { group: 'apps', version: 'v1', kind: 'ReplicaSet', plural: 'replicasets' }
const QUOTAS: Resource = { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas' }
/** A new pod counts as available after 5 s. */
const LONGER_THAN_AVAILABLE_MS = 8000

describe.concurrent('a rollout', () => {
  test('lets the former WebSocket pods leave together, once all new ones are ready', async ({ chat }) => {
    const websocket = { replicas: 3 }
    await readyChat(chat, { websocket })
    const former = await sizes(chat, '1.0.0')
    let first: KubeObject | undefined
    const isLate = (pod: KubeObject) => isNew(pod) && (first ??= pod).metadata.uid !== pod.metadata.uid
    chat.kubelet.behave((pod) => (isLate(pod) ? undefined : healthy(pod)))
    await chat.chatApp({ version: '1.1.0', websocket })
    await eventually(() => {
      const atMs = Date.parse(first?.metadata.creationTimestamp ?? '')
      expect(Date.now() - atMs).toBeGreaterThan(LONGER_THAN_AVAILABLE_MS)
    })
    expect([...former]).toEqual([3])
    expect(at(await chat.get(DEPLOYMENTS, 'chat-websocket'), 'status', 'readyReplicas')).toBe(4)

    chat.kubelet.behave(healthy)
    await chat.reason('Ready')
    expect([...former]).toEqual([3, 0])
    expect(at(await chat.get(DEPLOYMENTS, 'chat-websocket'), 'spec', 'minReadySeconds')).toBe(5)
  })

  test('lets one pod leave before the next one starts where the quota holds no more, and says so', async ({ chat }) => {
    const replicas = { api: { replicas: 2 }, websocket: { replicas: 3 } }
    await readyChat(chat, replicas)
    // Room for the pod of a migration, and not for twice the pods.
    const spec = { hard: { pods: '6' } }
    const path = `/api/v1/namespaces/${chat.namespace}/resourcequotas`
    const body = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'pods' }, spec }
    await chat.client.request({ method: 'POST', path, body })
    await eventually(async () => at(await chat.get(QUOTAS, 'pods'), 'status', 'used') !== undefined)
    const former = await sizes(chat, '1.0.0')
    let least = Infinity
    await chat.follow(DEPLOYMENTS, (object) => {
      if (object.metadata.name === 'chat-websocket')
        least = Math.min(least, at<number>(object, 'status', 'availableReplicas') ?? 0)
    })
    await chat.chatApp({ version: '1.1.0', ...replicas })
    await eventually(async () =>
      expect((await chat.condition('Ready'))?.message).toContain(
        'one pod leaves before the next one starts, since the quota does not hold more pods',
      ),
    )
    await chat.reason('Ready')
    expect((await chat.status()).version).toBe('1.1.0')
    expect(former.size).toBeGreaterThan(2)
    expect(least).toBe(2)
    const deployment = await chat.get(DEPLOYMENTS, 'chat-websocket')
    expect(at(deployment, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable')).toBe(0)
  })
})

function isNew(pod: KubeObject): boolean {
  return componentOf(pod) === 'websocket' && imageOf(pod).endsWith(':1.1.0')
}

function imageOf(pod: KubeObject): string {
  return at<string>(pod, 'spec', 'containers', 0, 'image') ?? ''
}

/** The numbers of pods that the ReplicaSet of the WebSocket service is told to have, as they come. */
async function sizes(chat: Chat, version: string): Promise<ReadonlySet<number>> {
  const seen = new Set<number>()
  await chat.follow(REPLICA_SETS, (object) => {
    const image = at<string>(object, 'spec', 'template', 'spec', 'containers', 0, 'image') ?? ''
    if (componentOf(object) === 'websocket' && image.endsWith(`:${version}`))
      seen.add(at<number>(object, 'spec', 'replicas') ?? 0)
  })
  return seen
}
