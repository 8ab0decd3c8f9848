import { describe, expect, test } from 'vitest'
import { drainingMs, holdOf } from './holds.ts'
import type { KubeObject } from '../runtime/types.ts'
import { sealed } from './plan.ts'
import { chatModel, job, pod } from '../testing/observed.ts'
import { World, type ChatAppObject } from '../cache/world.ts'

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
    now: new Date('2026-01-02T00:00:29Z'),
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

/** A cluster in which a pod of each of two templates is ready, and a third is as given. */
function rolling(image = 'old', third: Parameters<typeof pod>[1] = {}, status = {}): World {
  const world = new World()
  for (const [name, hash, changes] of [
    ['a', 'one', {}],
    ['b', 'two', {}],
    ['c', 'two', third],
  ] as const) {
    const each = pod('websocket', { ...changes, name })
    const labels = { ...each.metadata.labels, 'app.kubernetes.io/instance': 'chat', 'pod-template-hash': hash }
    world.store('Pod').upsert({ ...each, metadata: { ...each.metadata, labels } })
  }
  world.store('Deployment').upsert({ ...object('Deployment', 'chat-websocket', image), status })
  return world
}

/** An object as the operator has sent it. */
function stored(sent: KubeObject, resourceVersion: string): KubeObject {
  const { metadata, ...rest } = sealed(sent)
  return { ...rest, metadata: { ...metadata, resourceVersion } }
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

  test('a new WebSocket template, while pods of two templates serve; but not when the present rollout is broken', () => {
    const waits = 'the next WebSocket rollout waits for the present one'
    expect(holds({ world: rolling() })).toEqual([undefined, undefined, undefined, waits])
    expect(holds({ world: rolling('new') })[3]).toBeUndefined()
    const creating = { isReady: false, container: { state: { waiting: { reason: 'ContainerCreating' } } } }
    expect(holds({ world: rolling('old', creating) })[3]).toBe(waits)
    expect(holds({ world: rolling('old', { isReady: false, container: { restartCount: 1 } }) })[3]).toBeUndefined()
    const noImage = { isReady: false, container: { state: { waiting: { reason: 'ImagePullBackOff' } } } }
    expect(holds({ world: rolling('old', noImage) })[3]).toBeUndefined()
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]
    expect(holds({ world: rolling('old', {}, { conditions }) })[3]).toBeUndefined()
  })

  test('a template from which something is only taken away', () => {
    const world = draining('new')
    const template = { spec: { containers: [{ name: 'main', image: 'new' }], hostname: 'gone' } }
    world.store('Deployment').upsert(stored({ ...websocket, spec: { template } }, '2'))
    expect(holds({ world })[3]).toContain('waits for the pods that still drain')
    world.store('Deployment').upsert(stored(websocket, '3'))
    expect(holds({ world })[3]).toBeUndefined()
  })

  test('nothing for a pod that should have been gone for half a minute: its node is lost', () => {
    const world = draining('old')
    expect(drainingMs(world.pods(chatApp), new Date('2026-01-01T23:59:50Z'))).toBe(40_000)
    expect(drainingMs(world.pods(chatApp), new Date('2026-01-02T00:00:31Z'))).toBe(0)
    expect(holds({ world, now: new Date('2026-01-02T00:00:31Z') })[3]).toBeUndefined()
  })
})
