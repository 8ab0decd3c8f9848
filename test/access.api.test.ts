import { applied } from '@chat-app/charts'
import { prod } from '@chat-app/environments'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { administrator, makeNamespace } from './support/api.ts'
import { activeCluster } from './support/clusters.ts'
import { movedTo } from './support/manifests.ts'

/** The roles of production for people, asked of the real API server. Their groups are those of the environment. */
const run = administrator()
let namespace: string
const cluster: string[] = []

beforeAll(async () => {
  namespace = await makeNamespace(run)
  const roles = applied(activeCluster(prod)).filter(
    ({ kind, metadata: { name } }) => /Role/.test(kind) && /^chat-app-(viewer|on-call)$/.test(name),
  )
  const here = roles.flatMap((role) => (role.metadata.namespace === undefined ? [role] : movedTo(namespace, [role])))
  await run(['apply', '-f', '-'], { input: here.map((role) => JSON.stringify(role)).join('\n---\n') })
  cluster.push(...roles.filter(({ metadata }) => metadata.namespace === undefined).map(({ kind }) => kind))
})

afterAll(async () => {
  for (const kind of cluster) await run(['delete', kind, 'chat-app-viewer', '--ignore-not-found'])
  await run(['delete', 'namespace', namespace, '--wait=false'])
})

async function may(group: string, verb: string, resource: string, where = namespace): Promise<boolean> {
  const who = ['--as=somebody', `--as-group=${group}`]
  // It ends with 1 when the answer is no.
  const answer = await run(['auth', 'can-i', verb, resource, '-n', where, ...who]).catch((error: unknown) =>
    String(error),
  )
  return answer.startsWith('yes')
}

describe('who is on call', () => {
  test.each([
    ['patch', 'chatapps'],
    ['get', 'chatapps'],
    ['list', 'pods'],
    ['get', 'pods/log'],
    ['list', 'events'],
  ])('may %s %s', async (verb, resource) => {
    expect(await may('chat-app:on-call', verb, resource)).toBe(true)
  })

  test.each([
    ['create', 'pods/exec'],
    ['get', 'secrets'],
    ['delete', 'chatapps'],
    ['create', 'chatapps'],
    ['delete', 'pods'],
    ['patch', 'deployments'],
  ])('may not %s %s', async (verb, resource) => {
    expect(await may('chat-app:on-call', verb, resource)).toBe(false)
  })

  test('has no right in another namespace', async () => {
    expect(await may('chat-app:on-call', 'patch', 'chatapps', 'default')).toBe(false)
  })
})

test('a viewer sees the ChatApps of every namespace, and changes none', async () => {
  expect(await may('chat-app:developers', 'list', 'chatapps', 'default')).toBe(true)
  expect(await may('chat-app:developers', 'patch', 'chatapps')).toBe(false)
  expect(await may('chat-app:developers', 'list', 'pods')).toBe(false)
})
