import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../runtime/types.ts'
import { chatModel, job, pod } from '../testing/observed.ts'
import { drainingMs, holdsOf, type HoldInput } from './holds.ts'
import { sealed } from './seal.ts'

function object(kind: string, name: string, image = 'new'): KubeObject {
  const template = { spec: { containers: [{ name: 'main', image }] } }
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'ns' }, spec: { template } }
}

const websocket = object('Deployment', 'chat-websocket')
const desired = [
  object('Service', 'chat-api'),
  object('Job', 'chat-migrate-1'),
  object('Deployment', 'chat-api'),
  websocket,
].map(sealed)

/** The live objects of the WebSocket service. */
type Live = Pick<HoldInput, 'websocket' | 'pods'>

function holds(input: Partial<HoldInput> = {}, now = new Date('2026-01-02T00:00:29Z')): (string | undefined)[] {
  const { pods = [] } = input
  const map = holdsOf({
    model: chatModel(),
    desired,
    hasFaults: false,
    job: job('Complete'),
    websocket: undefined,
    pods,
    drainingMs: drainingMs(pods, now),
    ...input,
  })
  return desired.map((each) => map.get(each))
}

/** A WebSocket pod drains, and the live Deployment has this image. */
function draining(image: string): Live {
  return { pods: [pod('websocket', { leaving: true })], websocket: object('Deployment', 'chat-websocket', image) }
}

/** A pod of each of two templates is ready, and a third pod is as given. */
function rolling(image = 'old', third: Parameters<typeof pod>[1] = {}, status = {}): Live {
  const pods = [podOf('one', { name: 'a' }), podOf('two', { name: 'b' }), podOf('two', { ...third, name: 'c' })]
  return { pods, websocket: { ...object('Deployment', 'chat-websocket', image), status } }
}

function podOf(template: string, changes: Parameters<typeof pod>[1]): KubeObject {
  const each = pod('websocket', changes)
  const labels = { ...each.metadata.labels, 'pod-template-hash': template }
  return { ...each, metadata: { ...each.metadata, labels } }
}

describe('what is held back', () => {
  test('nothing, when everything is ready', () => {
    expect(holds()).toEqual([undefined, undefined, undefined, undefined])
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

  test('a new WebSocket template, while pods drain; but not its replicas, nor the API', () => {
    const waits =
      'the next WebSocket rollout waits for the pods that still drain: pod chat-websocket-1, at most until 00:00:00Z'
    expect(holds(draining('old'))).toEqual([undefined, undefined, undefined, waits])
    expect(holds(draining('new'))).toEqual([undefined, undefined, undefined, undefined])
  })

  test('a new WebSocket template, while pods of two templates are ready; but not when the present rollout has failed', () => {
    const waits = 'the next WebSocket rollout waits for the present one'
    expect(holds(rolling())).toEqual([undefined, undefined, undefined, waits])
    expect(holds(rolling('new'))[3]).toBeUndefined()
    const creating = { isReady: false, container: { state: { waiting: { reason: 'ContainerCreating' } } } }
    expect(holds(rolling('old', creating))[3]).toBe(waits)
    expect(holds(rolling('old', { isReady: false, container: { restartCount: 1 } }))[3]).toBeUndefined()
    const noImage = { isReady: false, container: { state: { waiting: { reason: 'ImagePullBackOff' } } } }
    expect(holds(rolling('old', noImage))[3]).toBeUndefined()
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]
    expect(holds(rolling('old', {}, { conditions }))[3]).toBeUndefined()
  })

  test('a template from which a field is only removed', () => {
    const template = { spec: { containers: [{ name: 'main', image: 'new' }], hostname: 'removed' } }
    const before = sealed({ ...websocket, spec: { template } })
    expect(holds({ ...draining('new'), websocket: before })[3]).toContain('waits for the pods that still drain')
    expect(holds({ ...draining('new'), websocket: sealed(websocket) })[3]).toBeUndefined()
  })

  test('nothing for a pod that still exists half a minute after its deletion, since its node is lost', () => {
    const { pods } = draining('old')
    expect(drainingMs(pods, new Date('2026-01-01T23:59:50Z'))).toBe(40_000)
    expect(drainingMs(pods, new Date('2026-01-02T00:00:31Z'))).toBe(0)
    expect(holds(draining('old'), new Date('2026-01-02T00:00:31Z'))[3]).toBeUndefined()
  })
})
