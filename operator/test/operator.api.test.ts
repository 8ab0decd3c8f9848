import { declaredFacts, desired, livePaths, model, REVISION } from '@chat-app/chat'
import { RELEASE } from '@chat-app/chat/annotations'
import { CHAT_APPS, DEPLOYMENTS, EVENTS, LEASES, SERVICES } from '@chat-app/chat/resources'
import { describe, expect, inject } from 'vitest'
import type { ChatAppObject } from '../src/cache/chat-app.ts'
import { componentOf } from '../src/observe/pods.ts'
import { DESIRED_HASH } from '../src/plan/seal.ts'
import { at, isRecord } from '../src/runtime/json.ts'
import { microTime } from '../src/runtime/time.ts'
import type { KubeObject } from '../src/runtime/types.ts'
import { eventually, readyChat, test, type Chat } from '../src/testing/chat.ts'
import { healthy } from '../src/testing/kubelet.ts'
import { startOperator } from '../src/testing/process.ts'

describe.concurrent('an operator', () => {
  test('sends only its lease while nothing changes, also after a restart', async ({ chat }) => {
    const operator = await readyChat(chat)
    await idle(chat)
    await operator.stop()
    const before = chat.writes.length
    const next = await chat.operator()
    await next.leading
    await idle(chat)
    expect(chat.writes.slice(before)).toEqual([])
  })

  test('sends the objects that synth renders, except the live paths, and gets no warning', async ({ chat }) => {
    await readyChat(chat)
    const chatApp = await chat.get(CHAT_APPS, 'chat')
    // This cluster has none of the optional kinds.
    const facts = { ...declaredFacts, installedKinds: new Set<string>() }
    const rendered = desired(model(chatApp as ChatAppObject), facts)
    const sent = chat.requests
      .filter(({ verb }) => verb === 'apply')
      .map(({ body }) => body as KubeObject)
      .filter(({ kind }) => kind !== 'ControllerRevision')
    expect(byName(sent)).toEqual(byName(rendered))
    expect(chat.requests.flatMap(({ warnings }) => warnings)).toEqual([])
  })

  test('serves several namespaces independently', async ({ chat, other }) => {
    const chats = [chat, other]
    const operator = await chat.operator({ watchNamespaces: chats.map(({ namespace }) => namespace) })
    await operator.leading
    for (const each of chats) {
      await each.secrets()
      await each.chatApp()
    }
    for (const each of chats) await each.reason('Ready')
    await operator.stop()
    // The first lists of the next operator arrive in any order, and none may remove the objects of another.
    for (const each of chats) await each.delete(SERVICES, 'chat-api')
    await chat.operator({ watchNamespaces: chats.map(({ namespace }) => namespace) })
    for (const each of chats) await eventually(async () => expect(await each.get(SERVICES, 'chat-api')).toBeDefined())
  })

  test('reports a whole rollout by a few events', async ({ chat }) => {
    await readyChat(chat)
    await eventually(async () => {
      const events = (await chat.list(EVENTS)).filter(
        (event) => event['reportingController'] === 'chat-app.com/operator',
      )
      const reasons = events.map((event) => String(event['reason']))
      expect(reasons).toEqual(expect.arrayContaining(['Created', 'RollingOut', 'Ready']))
      expect(reasons.length).toBeLessThan(10)
    })
  })

  test('makes twenty ChatApps ready at the same time', async ({ chat }) => {
    await chat.secrets()
    const names = Array.from({ length: 20 }, (_, index) => `chat-${index}`)
    const operator = await chat.operator()
    await operator.leading
    const small = { api: { replicas: 1 }, websocket: { replicas: 1 } }
    await Promise.all(names.map((name) => chat.chatApp(small, name)))
    await Promise.all(names.map((name) => chat.reason('Ready', name)))
    expect(await chat.list(DEPLOYMENTS)).toHaveLength(40)
  })

  test('that is killed during a rollout is followed by another operator, which finishes it', async ({ chat }) => {
    const environment = { WATCH_NAMESPACES: chat.namespace, POD_NAMESPACE: chat.namespace }
    chat.kubelet.behave((pod) => (componentOf(pod) === 'migrate' ? undefined : healthy(pod)))
    const first = startOperator(inject('kubeconfig'), { ...environment, POD_NAME: 'first' })
    await chat.secrets()
    await chat.chatApp()
    await chat.reason('Migrating')
    const standby = await chat.operator()
    await eventually(() => standby.isReady())
    expect(await first.end('SIGKILL')).toBe('SIGKILL')
    chat.kubelet.behave(healthy)
    // The lease of the killed leader expires after 15 s.
    await chat.reason('Ready')
    expect(at(await chat.get(LEASES, 'chat-app-operator'), 'spec', 'holderIdentity')).toBe(standby.identity)
  })

  test('that gets SIGTERM releases its lease, which a standby acquires without waiting for its expiry', async ({
    chat,
  }) => {
    const holders: unknown[] = []
    await chat.follow(LEASES, (lease) => holders.push(at(lease, 'spec', 'holderIdentity') ?? ''))
    const environment = { WATCH_NAMESPACES: chat.namespace, POD_NAMESPACE: chat.namespace, POD_NAME: 'first' }
    const first = startOperator(inject('kubeconfig'), environment)
    await eventually(() => first.log().includes('leading'))
    const standby = await chat.operator()
    await eventually(() => standby.isReady())
    expect(await first.end('SIGTERM')).toBe(0)
    await standby.leading
    await eventually(() => expect([...new Set(holders)]).toEqual(['first', '', standby.identity]))
  })

  test('ends when another process takes its lease, and writes nothing more', async ({ chat }) => {
    const operator = await readyChat(chat)
    const now = microTime(new Date())
    await chat.edit(LEASES, 'chat-app-operator', {
      spec: { holderIdentity: 'thief', leaseDurationSeconds: 15, renewTime: now, acquireTime: now },
    })
    await expect(operator.done).rejects.toThrow('taken over by thief')
    const before = chat.requests.length
    await chat.delete(SERVICES, 'chat-api')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect(chat.requests.slice(before)).toEqual([])
    expect(at(await chat.get(LEASES, 'chat-app-operator'), 'spec', 'holderIdentity')).toBe('thief')
  })

  test('serves its probes and metrics', async ({ chat }) => {
    await chat.secrets()
    await chat.chatApp()
    const operator = await chat.operator({ metricsPort: 0 })
    await chat.reason('Ready')
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${operator.port}${path}`)
      return { status: response.status, body: await response.text() }
    }
    expect(await get('/healthz')).toMatchObject({ status: 200 })
    expect(await get('/readyz')).toMatchObject({ status: 200 })
    expect(await get('/nothing')).toMatchObject({ status: 404 })
    const { body } = await get('/metrics')
    expect(body).toContain(`chat_app_ready{namespace="${chat.namespace}",name="chat"} 1`)
    expect(body).toMatch(/chat_app_operator_api_requests_total\{verb="apply",code="201"\} \d+/)
    expect(body).toMatch(/chat_app_operator_reconcile_duration_seconds_count\{outcome="done"\} \d+/)
    expect(body).toContain('chat_app_operator_leader 1')
  })
})

/** Waits for three seconds in which only the lease is written. Watches are opened again after five minutes or more. */
async function idle(chat: Chat): Promise<void> {
  await eventually(async () => {
    const before = chat.requests.length
    await new Promise((resolve) => setTimeout(resolve, 3000))
    expect(chat.requests.slice(before).filter(({ path }) => !path.includes('/leases/'))).toEqual([])
  })
}

function byName(objects: readonly { kind: string; metadata: { name: string } }[]): [string, unknown][] {
  return objects
    .map((object): [string, unknown] => [`${object.kind} ${object.metadata.name}`, withoutLivePaths(object)])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function withoutLivePaths(object: object): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(object))
  const ours = [DESIRED_HASH, RELEASE, REVISION].map((name) => `metadata.annotations["${name}"]`)
  for (const path of [...livePaths, ...ours]) {
    const parts = [...path.matchAll(/\["([^"]+)"\]|([^.[]+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
    const parent = at(copy, ...parts.slice(0, -1))
    if (isRecord(parent)) delete parent[parts.at(-1)!]
  }
  const annotations = at(copy, 'metadata', 'annotations')
  if (isRecord(annotations) && Object.keys(annotations).length === 0)
    delete at<Record<string, unknown>>(copy, 'metadata')!['annotations']
  return copy
}
