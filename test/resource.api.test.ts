import { CHAT_APPS } from '@chat-app/chat/resources'
import { chatApp as chatAppOf } from '@chat-app/platform'
import { declaredFacts, desired, model } from '@chat-app/chat'
import type { ChatApp } from '@chat-app/crds'
import { refusedCases, sixLines } from '@chat-app/crds/chatapp.cases.ts'
import { clusters } from '@chat-app/synth'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { eventually, test, ApiServer } from '@chat-app/sandbox-cluster/testing'

const server = ApiServer.of(inject('kubeconfig'))
afterAll(() => server.close())

test('kubectl explain describes draining', async ({ run }) => {
  // The server publishes the schema of a new kind a moment after the kind itself.
  const drain = await eventually(() => run(['explain', 'chatapp.spec.websocket.drain']))
  const prose = drain.replaceAll(/\s+/g, ' ')
  expect(prose).toContain('How a WebSocket pod stops. It closes its connections evenly over the period')
  expect(prose).toContain('closes its connections, in seconds.')
  expect(prose).toContain('Default: 60.')
})

describe('the API server refuses', () => {
  it.each(refusedCases)('$what, with the path of the field and the reason', async ({ spec, field, says }) => {
    const { code, message, causes } = await server.wouldTake(chatApp('case', spec))
    expect(code).toBe(422)
    // A single violation of a field's own rule has no cause in the answer: only the message has the path.
    expect([...causes.map((cause) => `${cause.field}: ${cause.message}`), message].join('\n')).toContain(`${field}: `)
    expect(message).toContain(says)
  })

  test('an unknown field, under strict validation', async () => {
    const { code, message } = await server.wouldTake(chatApp('typo', { version: '1', websocket: { drian: {} } }))
    expect(code).toBe(400)
    expect(message).toContain('unknown field "spec.websocket.drian"')
  })

  test('a name that is invalid for its children', async () => {
    const said = async (name: string) => (await server.wouldTake(chatApp(name, { version: '1' }))).message
    expect(await said('x'.repeat(41))).toContain('metadata.name must have at most 40 characters')
    expect(await said('chat.app')).toContain('metadata.name must begin with a letter')
    expect(await said('1chat')).toContain('metadata.name must begin with a letter')
  })

  test('no valid ChatApp: it accepts the longest name and a minimal spec without a warning', async () => {
    const answer = await server.wouldTake(chatApp('x'.repeat(40), sixLines))
    expect(answer).toMatchObject({ code: 201, warnings: [] })
  })
})

describe('a stored ChatApp', () => {
  test('has the same defaults that the model applies to a file', async ({ namespace }) => {
    await server.create(chatApp('chat', sixLines, namespace))
    const { spec } = await stored(namespace, 'chat')
    expect(spec).toEqual(model(chatApp('chat', sixLines, namespace)).spec)
  })

  test('renders to the same objects as its file, for every environment', async ({ namespace }) => {
    for (const cluster of clusters) {
      const name = cluster.folder.replace('/', '-')
      const file = chatApp(name, chatAppOf(cluster).spec, namespace)
      await server.create(file)
      const live = await stored(namespace, name)
      expect(desired(model(live), declaredFacts)).toEqual(desired(model(file), declaredFacts))
    }
  })

  test('keeps unknown fields of a podTemplate', async ({ namespace }) => {
    const template = { spec: { futureField: { deep: [{ three: null }] }, containers: [{ name: 'api', env: [] }] } }
    await server.create(chatApp('chat', { version: '1', api: { podTemplate: template } }, namespace))
    expect((await stored(namespace, 'chat')).spec.api?.podTemplate).toEqual(template)
  })

  test('has its state in the columns of kubectl get', async ({ runHere, namespace }) => {
    await server.create(chatApp('chat', sixLines, namespace))
    const lastTransitionTime = '2026-01-01T00:00:00Z'
    await status(namespace, 'chat', {
      conditions: [{ type: 'Ready', status: 'False', reason: 'WaitingForDatabase', message: 'x', lastTransitionTime }],
      version: '1.4.2',
      api: { ready: 2, desired: 3, summary: '2/3' },
      websocket: { ready: 5, desired: 5, summary: '5/5' },
      urls: { api: 'https://api.chat-app.com' },
    })
    const [head = '', line = ''] = (await runHere(['get', 'chatapps'])).split('\n')
    expect(words(head)).toEqual(['NAME', 'READY', 'REASON', 'API', 'WS', 'VERSION', 'URL', 'AGE'])
    expect(words(line).slice(0, -1)).toEqual([
      'chat',
      'False',
      'WaitingForDatabase',
      '2/3',
      '5/5',
      '1.4.2',
      'https://api.chat-app.com',
    ])
    expect(await runHere(['get', 'chat', '-o', 'name'])).toBe('chatapp.chat-app.com/chat\n')
  })

  test('scales its WebSocket pods through the scale subresource', async ({ runHere, namespace }) => {
    await server.create(chatApp('chat', sixLines, namespace))
    await status(namespace, 'chat', { websocket: { ready: 5, desired: 5, summary: '5/5', selector: 'a=b' } })
    await runHere(['scale', 'chatapp/chat', '--replicas=7'])
    expect((await stored(namespace, 'chat')).spec.websocket?.replicas).toBe(7)
    const scale = JSON.parse(await runHere(['get', 'chatapp', 'chat', '--subresource=scale', '-o', 'json'])) as object
    expect(scale).toMatchObject({ spec: { replicas: 7 }, status: { replicas: 5, selector: 'a=b' } })
  })
})

function chatApp(name: string, spec: object, namespace = 'default') {
  const metadata = { name, namespace }
  return { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', metadata, spec: spec as ChatApp['spec'] }
}

function stored(namespace: string, name: string): Promise<ChatApp> {
  return server.get(CHAT_APPS, namespace, name)
}

function status(namespace: string, name: string, status: object): Promise<void> {
  return server.patch(CHAT_APPS, namespace, name, { status }, 'status')
}

function words(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== '')
}
