import { desired } from '@chat-app/chat'
import { expect, test } from 'vitest'
import type { KubeObject } from '../runtime/types.ts'
import { chatModel } from '../testing/observed.ts'
import { revisionOf } from './revision.ts'

const owner = { apiVersion: 'chat-app.com/v1alpha1', kind: 'ChatApp', name: 'chat', uid: 'u' }
const facts = { owner, secretHashes: {}, installedKinds: new Set<string>(), replicas: {} }

function revise(spec: Parameters<typeof chatModel>[0], stored: KubeObject[] = []) {
  const model = chatModel(spec)
  return revisionOf(model, owner, desired(model, facts), stored)
}

test('the first rollout has number 1, and records its templates and its model', () => {
  const { number, object } = revise({})
  expect(number).toBe(1)
  expect(object).toMatchObject({
    kind: 'ControllerRevision',
    metadata: {
      name: expect.stringMatching(/^chat-[0-9a-f]{10}$/) as string,
      ownerReferences: [{ uid: 'u', controller: true }],
    },
    revision: 1,
    data: { version: '1.0.0', templates: { 'chat-api': { spec: {} }, 'chat-websocket': { spec: {} } } },
  })
  expect(object.metadata.annotations?.['chat-app.com/model']).toContain('"version":"1.0.0"')
})

test('a change that does not change the pods is not a new rollout', () => {
  const first = revise({}).object
  expect(revise({ websocket: { replicas: 9 }, paused: true }, [first]).number).toBe(1)
})

test('pausing and hibernating do not change the record of a rollout', () => {
  expect(revise({ paused: true }).object).toEqual(revise({}).object)
  expect(revise({ hibernated: true }).object.metadata.annotations).toEqual(revise({}).object.metadata.annotations)
})

test('another template is the next rollout, also when it is a former one', () => {
  const first = revise({}).object
  const second = revise({ version: '2.0.0' }, [first])
  expect(second.number).toBe(2)
  const back = revise({}, [first, second.object])
  expect(back.number).toBe(3)
  expect(back.object.metadata.name).toBe(first.metadata.name)
  // The data of a stored ControllerRevision cannot change, its number can.
  expect(back.object['data']).toEqual(first['data'])
})

test('revisions of another owner do not count', () => {
  const foreign = revise({}).object
  foreign.metadata.ownerReferences = [{ ...owner, uid: 'other', controller: true }]
  expect(revise({}, [{ ...foreign, revision: 40 }]).number).toBe(1)
})
