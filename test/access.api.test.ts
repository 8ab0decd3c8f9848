import { applied } from '@chat-app/platform'
import { type KubernetesObject } from '@chat-app/chat'
import { prod } from '@chat-app/environments'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { eventually, makeNamespace, NAMESPACES, ApiServer, movedTo } from '@chat-app/sandbox-cluster/testing'
import { activeCluster } from '@chat-app/synth'

// The roles that production gives to people, evaluated by a real API server.

const CHAT_APPS = 'chatapps.chat-app.com'
const server = ApiServer.of(inject('kubeconfig'))
let namespace: string
let created: KubernetesObject[] = []

beforeAll(async () => {
  namespace = await makeNamespace(server)
  const roles = applied(activeCluster(prod)).filter(
    ({ kind, metadata: { name } }) => /Role/.test(kind) && /^chat-app-(viewer|on-call)$/.test(name),
  )
  created = roles.flatMap((role) => (role.metadata.namespace === undefined ? [role] : movedTo(namespace, [role])))
  for (const role of created) await server.create(role)
  // The authorizer sees new roles a moment later.
  await eventually(() => may('chat-app:on-call', 'get', CHAT_APPS))
  await eventually(() => may('chat-app:developers', 'list', CHAT_APPS, 'default'))
})

afterAll(async () => {
  // Cluster-scoped roles are not deleted with the namespace.
  for (const role of created) await server.remove(role)
  await server.delete(NAMESPACES, undefined, namespace)
  await server.close()
})

function may(group: string, verb: string, resource: string, where = namespace): Promise<boolean> {
  return server.allows({ user: 'somebody', groups: [group], verb, resource, namespace: where })
}

describe('the group on-call', () => {
  test.each([
    ['patch', CHAT_APPS],
    ['get', CHAT_APPS],
    ['list', 'pods'],
    ['get', 'pods/log'],
    ['list', 'events'],
  ])('may %s %s', async (verb, resource) => {
    expect(await may('chat-app:on-call', verb, resource)).toBe(true)
  })

  test.each([
    ['create', 'pods/exec'],
    ['get', 'secrets'],
    ['delete', CHAT_APPS],
    ['create', CHAT_APPS],
    ['delete', 'pods'],
    ['patch', 'deployments.apps'],
  ])('may not %s %s', async (verb, resource) => {
    expect(await may('chat-app:on-call', verb, resource)).toBe(false)
  })

  test('has no right in another namespace', async () => {
    expect(await may('chat-app:on-call', 'patch', CHAT_APPS, 'default')).toBe(false)
  })
})

test('a viewer sees the ChatApps of every namespace, and changes none', async () => {
  expect(await may('chat-app:developers', 'list', CHAT_APPS, 'default')).toBe(true)
  expect(await may('chat-app:developers', 'patch', CHAT_APPS)).toBe(false)
  expect(await may('chat-app:developers', 'list', 'pods')).toBe(false)
})
