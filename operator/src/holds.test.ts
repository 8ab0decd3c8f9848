import { describe, expect, test } from 'vitest'
import { holdOf } from './holds.ts'
import type { KubeObject } from './kube/types.ts'
import { chatModel, job, pod } from './testing/observed.ts'
import { World, type ChatAppObject } from './world.ts'

const chatApp = { metadata: { name: 'chat', namespace: 'ns', uid: 'u' } } as ChatAppObject

function object(kind: string, name: string, image = 'new'): KubeObject {
  const template = { spec: { containers: [{ name: 'main', image }] } }
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'ns' }, spec: { template } }
}

const migration = object('Job', 'chat-migrate-1')
const service = object('Service', 'chat-api')
const api = object('Deployment', 'chat-api')
const websocket = object('Deployment', 'chat-websocket')

function holds(input: Partial<Parameters<typeof holdOf>[0]>, objects = [service, migration, api, websocket]) {
  const hold = holdOf({
    model: chatModel(),
    chatApp,
    world: new World(),
    hasFaults: false,
    job: job('Complete'),
    ...input,
  })
  return objects.map((each) => hold(each))
}

/** A cluster in which a WebSocket pod is draining, and the Deployment runs this image. */
function draining(image: string): World {
  const world = new World()
  const leaving = pod('websocket', { leaving: true })
  leaving.metadata.labels = { ...leaving.metadata.labels, 'app.kubernetes.io/instance': 'chat' }
  world.store('Pod').upsert(leaving)
  world.store('Deployment').upsert(object('Deployment', 'chat-websocket', image))
  return world
}

describe('what is held back', () => {
  test('nothing, when all is well', () => {
    expect(holds({})).toEqual([undefined, undefined, undefined, undefined])
  })

  test('the migration and the services, while a Secret is missing', () => {
    const waits = 'the services wait for their dependencies'
    expect(holds({ hasFaults: true })).toEqual([undefined, 'the migration waits for its dependencies', waits, waits])
  })

  test('the services, until the migration is done', () => {
    const waits = 'the services wait for the migration'
    expect(holds({ job: job() })).toEqual([undefined, undefined, waits, waits])
    expect(holds({ job: undefined })).toEqual([undefined, undefined, waits, waits])
    expect(holds({ job: job('Failed') })).toEqual([undefined, undefined, waits, waits])
  })

  test('only the migration, while hibernated', () => {
    const model = chatModel({ hibernated: true })
    expect(holds({ model, hasFaults: true, job: undefined })).toEqual([
      undefined,
      'hibernated: no migration runs',
      undefined,
      undefined,
    ])
  })

  test('a new WebSocket template, while pods drain; but neither its replicas nor the API', () => {
    const waits = 'the next WebSocket rollout waits for the pods that still drain'
    expect(holds({ world: draining('old') })).toEqual([undefined, undefined, undefined, waits])
    expect(holds({ world: draining('new') })).toEqual([undefined, undefined, undefined, undefined])
  })
})
