import { CHAT_APPS, EVENTS, JOBS, type Resource } from '@chat-app/chat/resources'
import { describe, expect } from 'vitest'
import { at } from '../src/runtime/json.ts'
import type { KubeObject } from '../src/runtime/types.ts'
import { eventually, readyChat, test, type Chat } from '../src/testing/chat.ts'

const QUOTAS: Resource = { group: '', version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas' }
const LIMIT_RANGES: Resource = { group: '', version: 'v1', kind: 'LimitRange', plural: 'limitranges' }
/** The operator promises to report a cause within this time after the cluster shows it. */
const PROMISED_MS = 5000

/** Allows no pods but those that run; resolves once the API server enforces it. */
async function quota(chat: Chat, pods: number): Promise<void> {
  await create(chat, QUOTAS, 'compute', { hard: { pods: String(pods) } })
  await eventually(async () => at(await chat.get(QUOTAS, 'compute'), 'status', 'used') !== undefined)
}

async function create(chat: Chat, { plural, kind }: Resource, name: string, spec: object): Promise<void> {
  const body = { apiVersion: 'v1', kind, metadata: { name }, spec }
  await chat.client.request({ method: 'POST', path: `/api/v1/namespaces/${chat.namespace}/${plural}`, body })
}

async function remove(chat: Chat, { plural }: Resource, name: string): Promise<void> {
  await chat.client.request({ method: 'DELETE', path: `/api/v1/namespaces/${chat.namespace}/${plural}/${name}` })
}

async function events(chat: Chat, reason: string): Promise<KubeObject[]> {
  return (await chat.list(EVENTS)).filter((event) => event['reason'] === reason)
}

describe.concurrent('pods that the cluster refuses', () => {
  test('of a migration: the quota is named within 5 s, and still when the Event has expired', async ({ chat }) => {
    await quota(chat, 0)
    await chat.secrets()
    await chat.chatApp()
    const operator = await chat.operator()
    const { message } = await chat.reason('PodsRefused')
    const words = 'exceeded quota: compute, requested: pods=1, used: pods=0, limited: pods=0'
    expect(message).toMatch(new RegExp(`^Job chat-migrate-\\S+: ${words}$`))
    expect(await chat.condition('Migrated')).toMatchObject({ status: 'False', reason: 'PodsRefused', message })
    const reported = await eventually(async () => (await events(chat, 'PodsRefused'))[0] ?? false)
    const [job] = await chat.list(JOBS)
    const createdAtMs = Date.parse(job?.metadata.creationTimestamp ?? '')
    expect(Date.parse(at<string>(reported, 'eventTime') ?? '') - createdAtMs).toBeLessThan(PROMISED_MS)

    await operator.stop()
    for (const event of await events(chat, 'FailedCreate')) await chat.delete(EVENTS, event.metadata.name)
    await chat.operator()
    await chat.edit(CHAT_APPS, 'chat', { spec: { api: { replicas: 2 } } })
    expect((await chat.reason('PodsRefused')).message).toBe(message)
    expect(await chat.condition('Reconciling')).toMatchObject({ status: 'True', reason: 'PodsRefused' })

    await remove(chat, QUOTAS, 'compute')
    await chat.reason('Ready')
    expect(await chat.condition('Migrated')).toMatchObject({ status: 'True' })
  })

  test('of a service: the LimitRange is named, and the pods that run keep serving', async ({ chat }) => {
    await readyChat(chat)
    await create(chat, LIMIT_RANGES, 'small', { limits: [{ type: 'Container', max: { memory: '64Mi' } }] })
    await chat.edit(CHAT_APPS, 'chat', { spec: { api: { replicas: 2 } } })
    const { message } = await chat.reason('PodsRefused')
    expect(message).toMatch(/^Deployment chat-api: .*maximum memory usage per Container is 64Mi, but limit is 1Gi/)
    expect((await chat.status()).api).toMatchObject({ summary: '1/2' })
    const before = chat.writes.length
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(chat.writes.slice(before)).toEqual([])
    await remove(chat, LIMIT_RANGES, 'small')
    await chat.reason('Ready')
  })

  test('of a service: the quota is named, and the reason goes when there is room', async ({ chat }) => {
    await readyChat(chat)
    await quota(chat, 3)
    await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { replicas: 4 } } })
    expect((await chat.reason('PodsRefused')).message).toMatch(/^Deployment chat-websocket: exceeded quota: compute/)
    await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { replicas: 2 } } })
    await chat.reason('Ready')
  })
})
