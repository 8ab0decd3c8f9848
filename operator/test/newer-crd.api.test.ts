import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHAT_APPS, DEPLOYMENTS, INGRESSES, SERVICES } from '@chat-app/chat/resources'
import { crd } from '@chat-app/crds'
import { startApi, type Cluster } from '@chat-app/sandbox-cluster'
import { installChatApps } from '@chat-app/sandbox-cluster/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient } from '../src/runtime/client.ts'
import { loadCredentials } from '../src/runtime/credentials.ts'
import { at } from '../src/runtime/json.ts'
import { eventually, makeChat, readyChat, type Chat } from '../src/testing/chat.ts'

const PATH = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd().metadata.name}`
const hosts = { api: 'api.example.com', websocket: 'ws.example.com' }
const ingress = { type: 'Ingress', hosts, ingress: { className: 'haproxy' } } as const

/** What a later release may add to the schema: fields at several depths, a value of a choice, and wider bounds. */
async function extendCrd(kubeconfig: string): Promise<void> {
  const client = createClient({ credentials: loadCredentials(kubeconfig) })
  const object = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const spec = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties'
  const add = (path: string, value: unknown) => ({ op: 'add', path: `${spec}${path}`, value })
  const body = [
    add('/serving', object),
    add('/rollout/properties/steps', { type: 'string', default: 'Enabled' }),
    add('/exposure/properties/mesh', object),
    add('/exposure/properties/hosts/properties/metrics', { type: 'string' }),
    add('/exposure/properties/type/enum/-', 'Mesh'),
    add('/api/properties/canary', object),
    add('/websocket/properties/drain/properties/periodSeconds/maximum', 3600),
  ]
  await client.request({ method: 'PATCH', path: PATH, contentType: 'application/json-patch+json', body })
  await client.close()
}

async function expectRepairs(chat: Chat, websockets: number): Promise<void> {
  await chat.delete(SERVICES, 'chat-api')
  await chat.edit(CHAT_APPS, 'chat', { spec: { websocket: { replicas: websockets } } })
  await eventually(async () => {
    expect(await chat.get(SERVICES, 'chat-api')).toBeDefined()
    expect(at(await chat.get(DEPLOYMENTS, 'chat-websocket'), 'spec', 'replicas')).toBe(websockets)
  })
}

async function imageOf(chat: Chat): Promise<string | undefined> {
  return at<string>(await chat.get(DEPLOYMENTS, 'chat-api'), 'spec', 'template', 'spec', 'containers', 0, 'image')
}

/** A cluster of its own, since its CRD is changed. */
describe('under a CRD of a later release', () => {
  let cluster: Cluster
  let chat: Chat

  beforeAll(async () => {
    cluster = await startApi({ dir: await mkdtemp(join(tmpdir(), 'newer-crd-')), name: 'newer-crd' })
    await installChatApps(cluster.kubeconfig)
    await extendCrd(cluster.kubeconfig)
    chat = await makeChat(cluster.kubeconfig)
    await eventually(async () => {
      await chat.chatApp({ exposure: ingress, serving: {} } as object)
      if (at(await chat.get(CHAT_APPS, 'chat'), 'spec', 'serving') === undefined)
        throw new Error('the field was pruned')
    })
    await readyChat(chat, { exposure: ingress, serving: { tls: {} } } as object)
  })

  afterAll(async () => {
    await chat?.end()
    await cluster?.stop()
  })

  test('a field of the spec that is not known is ignored, with a note', async () => {
    await expectRepairs(chat, 3)
    await chat.reason('Ready')
    expect(await chat.condition('SpecAccepted')).toMatchObject({
      status: 'False',
      reason: 'UnsupportedField',
      message: expect.stringMatching(
        /^spec\.rollout\.steps: .*; it is ignored; spec\.serving: .*; it is ignored$/,
      ) as string,
    })
    await chat.edit(CHAT_APPS, 'chat', { spec: { serving: null } })
    await eventually(async () => expect((await chat.condition('SpecAccepted'))?.message).not.toContain('serving'))
  })

  test('a default of a newer field holds nothing, and another value of it does', async () => {
    expect(at(await chat.get(CHAT_APPS, 'chat'), 'spec', 'rollout', 'steps')).toBe('Enabled')
    await chat.edit(CHAT_APPS, 'chat', { spec: { rollout: { steps: 'Disabled' } } })
    const { message } = await chat.reason('UnsupportedField')
    expect(message).toContain('spec.rollout.steps: ')
    await expectRepairs(chat, 2)
    await chat.edit(CHAT_APPS, 'chat', { spec: { rollout: { steps: null } } })
    await chat.reason('Ready')
  })

  test.each([
    ['a field below a part', { hosts: { metrics: 'm.example.com' } }, 'spec.exposure.hosts.metrics'],
    ['a value of a choice', { type: 'Mesh', mesh: {}, hosts: null, ingress: null }, 'spec.exposure.type'],
  ])('%s holds the part alone', async (_what, exposure, path) => {
    const before = await chat.list(INGRESSES)
    await chat.edit(CHAT_APPS, 'chat', { spec: { exposure } })
    const { message } = await chat.reason('UnsupportedField')
    expect(message).toContain(path)
    expect(await chat.condition('Stalled')).toMatchObject({ status: 'True', reason: 'UnsupportedField' })
    await expectRepairs(chat, 4)
    const version = `2.0.${path.length}`
    await chat.edit(CHAT_APPS, 'chat', { spec: { version } })
    await eventually(async () => expect((await chat.status()).version).toBe(version))
    expect((await chat.list(INGRESSES)).map(({ metadata }) => metadata.uid)).toEqual(
      before.map(({ metadata }) => metadata.uid),
    )
    expect((await chat.status()).urls?.api).toBe('http://api.example.com')
    const former = { ...ingress, mesh: null, hosts: { ...hosts, metrics: null } }
    await chat.edit(CHAT_APPS, 'chat', { spec: { exposure: former } })
    await chat.reason('Ready')
  })

  test.each([
    ['a field of a service', { api: { canary: {} } }, 'UnsupportedField', 'spec.api.canary', { api: { canary: null } }],
    [
      'a value beyond the bounds',
      { websocket: { drain: { periodSeconds: 3000 } } },
      'InvalidSpec',
      'spec.websocket.drain.periodSeconds',
      { websocket: { drain: { periodSeconds: 60 } } },
    ],
  ])('%s holds the release, and not the number of pods', async (_what, faulty, reason, path, valid) => {
    const before = await imageOf(chat)
    const version = `3.0.${path.length}`
    await chat.edit(CHAT_APPS, 'chat', { spec: { version, ...faulty } })
    const { message } = await chat.reason(reason)
    expect(message).toContain(`${path}: `)
    expect(message).toContain('meanwhile the release stays as it is')
    await expectRepairs(chat, 2)
    // A Deployment that is deleted has the release that stays.
    await chat.delete(DEPLOYMENTS, 'chat-api')
    await eventually(async () => expect(await imageOf(chat)).toBe(before))
    await chat.edit(CHAT_APPS, 'chat', { spec: valid })
    await chat.reason('Ready')
    expect(await imageOf(chat)).toContain(version)
  })
})
