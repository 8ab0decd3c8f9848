import { model } from '@chat-app/chat'
import { CHAT_APPS, DEPLOYMENTS, SERVICES, type Resource } from '@chat-app/chat/resources'
import { crd } from '@chat-app/crds'
import { must } from '@chat-app/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChatAppObject } from '../src/cache/chat-app.ts'
import type { RunningOperator } from '../src/run.ts'
import { at } from '../src/runtime/json.ts'
import type { KubeObject } from '../src/runtime/types.ts'
import { eventually } from '../src/testing/chat.ts'
import { startRecorded, type RecordedChat } from '../src/testing/recording/recorded-chat.ts'
import { applyGiven } from '../src/testing/recording/prepare.ts'
import { recordings } from '../src/testing/recording/recordings.ts'

const CRD: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
}

/** A schema of the CRD, which a test changes. */
interface Schema {
  properties: Record<string, Schema>
  enum: string[]
  [keyword: string]: unknown
}

const recording = must(recordings().at(-1), 'a recording')
const recorded = must(
  recording.install.find(({ kind }) => kind === CRD.kind),
  'the recorded CRD',
)

let left: RecordedChat
let operator: RunningOperator | undefined
beforeAll(async () => void (left = await startRecorded(recording)))
afterAll(() => left?.stop())

/** Applies a CRD and waits until the API server serves it: a marker in the description of the status shows that it does. */
async function serve(definition: object, change: (schema: Schema) => void = () => {}): Promise<void> {
  const changed = structuredClone(definition) as KubeObject
  const schema = must(at<Schema>(changed, 'spec', 'versions', 0, 'schema', 'openAPIV3Schema'))
  change(schema)
  const marker = `served ${Math.random()}`
  must(schema.properties['status'])['description'] = marker
  const { client } = left.chat
  await applyGiven(client, changed)
  await eventually(async () =>
    JSON.stringify(await client.request({ method: 'GET', path: SCHEMA_PATH })).includes(marker),
  )
}
const SCHEMA_PATH = '/openapi/v3/apis/chat-app.com/v1alpha1'

/** The schema of a field, such as `spec.websocket.drain`. */
function field(schema: Schema, path: string): Schema {
  return path.split('.').reduce((parent, name) => must(parent.properties[name], path), schema)
}

async function stop(): Promise<void> {
  await operator?.stop()
}

async function restart(): Promise<void> {
  await stop()
  operator = await left.chat.operator()
  await operator.leading
}

describe('an operator that is newer than the CRD', () => {
  test('scales and repairs what the operator of the CRD left, and starts no pod again', async () => {
    const { chat, names } = left
    await restart()
    for (const name of names) {
      await left.repairsAndScales(name, 5)
      await chat.reason('Ready', name)
    }
    expect(await left.pods()).toEqual(left.recordedPods)
  })

  test('writes what the CRD can store of the status, and names the rest', async () => {
    const { chat } = left
    const { revision, ...before } = await chat.status('chat-app')
    expect(revision).toBe(1)
    await serve(recorded, (schema) => {
      delete field(schema, 'status').properties['revision']
      delete field(schema, 'status.websocket').properties['summary']
    })
    // The running operator learns it from the refusal of its status.
    await left.repairsAndScales('chat-app', 6)
    await chat.reason('Ready', 'chat-app')
    const after = await chat.status('chat-app')
    expect(after).toEqual({
      ...before,
      observedGeneration: 3,
      api: { ...before.api, ready: 6, desired: 6, summary: '6/6' },
      websocket: { ready: 5, desired: 5, selector: before.websocket?.selector },
      conditions: expect.arrayContaining([
        expect.objectContaining({
          type: 'StatusComplete',
          status: 'False',
          reason: 'OlderCRD',
          message: expect.stringContaining('lacks status.revision, status.operator, status.websocket.summary'),
        }),
      ]),
    })
  })

  test('writes nothing again after a restart, and the whole status once the CRD has the fields', async () => {
    const { chat } = left
    await restart()
    await left.repairsAndScales('chat-app', 5)
    await chat.reason('Ready', 'chat-app')
    expect((await chat.condition('StatusComplete', 'chat-app'))?.status).toBe('False')
    await serve(crd())
    await restart()
    await eventually(async () => expect(await chat.condition('StatusComplete', 'chat-app')).toBeUndefined())
    expect(await chat.status('chat-app')).toMatchObject({ revision: 1, websocket: { summary: '5/5' } })
    const reads = chat.requests.filter(({ path }) => path.startsWith('/openapi/v3'))
    expect(reads.length).toBeLessThan(20)
  })

  test('has the defaults that the CRD does not store', async () => {
    const { chat } = left
    await serve(crd(), (schema) => {
      delete field(schema, 'spec').properties['rollout']
      delete field(schema, 'spec.websocket').properties['drain']
    })
    await chat.chatApp({}, 'defaults')
    await chat.reason('Ready', 'defaults')
    const { spec } = (await chat.get(CHAT_APPS, 'defaults')) as ChatAppObject
    expect([spec.rollout, spec.websocket?.drain]).toEqual([undefined, undefined])
    const { rollout, websocket } = model((await chat.get(CHAT_APPS, 'defaults')) as ChatAppObject).spec
    expect(await chat.get(DEPLOYMENTS, 'defaults-websocket')).toMatchObject({
      spec: {
        progressDeadlineSeconds: rollout.progressDeadlineSeconds,
        template: { spec: { terminationGracePeriodSeconds: websocket.drain.periodSeconds + 30 } },
      },
    })
    await chat.delete(CHAT_APPS, 'defaults')
    await serve(crd())
  })
})

describe('a CRD that is newer than the operator', () => {
  const newer = (schema: Schema): void => {
    const text = { type: 'string' } as unknown as Schema
    field(schema, 'spec').properties['next'] = { type: 'object', properties: { deep: text } } as unknown as Schema
    field(schema, 'spec.websocket.drain').properties['next'] = text
    field(schema, 'spec.exposure.type').enum.push('Mesh')
    field(schema, 'status').properties['next'] = text
  }
  beforeAll(async () => {
    await serve(crd(), newer)
    await restart()
  })

  test.each([
    ['chat-app', { next: { deep: 'x' } }, 'spec.next'],
    ['ingress', { websocket: { drain: { next: 'x' } } }, 'spec.websocket.drain.next'],
    ['gateway', { exposure: { type: 'Mesh', hosts: null, gateway: null } }, 'spec.exposure.type'],
  ])('with a field or a value that it does not know: %s is scaled and repaired', async (name, spec, path) => {
    const { chat } = left
    await chat.edit(CHAT_APPS, name, { spec })
    await left.repairsAndScales(name, 4)
    await eventually(async () => {
      const condition = await chat.condition('SpecAccepted', name)
      expect(condition).toMatchObject({ status: 'False', reason: 'UnsupportedField' })
      expect(condition?.message).toContain(path)
      expect((await chat.status(name)).api?.summary).toBe('4/4')
    })
    expect(await left.pods()).toEqual(left.recordedPods)
  })
})

describe('after going back to an older CRD', () => {
  test('a stored ChatApp that holds newer fields is read, and not rewritten', async () => {
    const { chat } = left
    const text = { type: 'string' } as unknown as Schema
    await serve(crd(), (schema) => void (field(schema, 'spec').properties['later'] = text))
    await chat.edit(CHAT_APPS, 'chat-app', { spec: { later: 'kept', next: null } })
    await eventually(async () => {
      const { generation } = must(await chat.get(CHAT_APPS, 'chat-app')).metadata
      expect((await chat.status('chat-app')).observedGeneration).toBe(generation)
    })
    await stop()
    // A newer operator knows the field, and has nothing to say about it.
    const conditions = (await chat.status('chat-app')).conditions?.filter(({ type }) => type !== 'SpecAccepted')
    await chat.edit(CHAT_APPS, 'chat-app', { status: { conditions } }, 'status')
    await serve(crd())
    const { resourceVersion } = must(await chat.get(CHAT_APPS, 'chat-app')).metadata
    await restart()
    // It has reconciled the ChatApp once another child is repaired.
    await chat.delete(SERVICES, 'chat-app-api')
    await eventually(async () => expect(await chat.get(SERVICES, 'chat-app-api')).toBeDefined())
    expect(must(await chat.get(CHAT_APPS, 'chat-app')).metadata.resourceVersion).toBe(resourceVersion)
    await stop()
    await serve(crd(), (schema) => void (field(schema, 'spec').properties['later'] = text))
    expect(must(await chat.get(CHAT_APPS, 'chat-app'))['spec']).toMatchObject({ later: 'kept' })
  })
})
