import { expect, test } from 'vitest'
import { facts, stored } from '../../testing/releases.ts'
import { readRecord, recordObject } from './record.ts'

const origin = { namespace: 'ns', labels: { a: 'b' }, owner: facts.owner }

test('a record is stored with everything that a release is, and read back as it was', () => {
  const record = stored({}, 4, { migration: { schemaVersion: 3 }, takenBack: '1' })
  const object = recordObject(record, origin)
  expect(object).toMatchObject({
    kind: 'ControllerRevision',
    metadata: {
      labels: { a: 'b', 'app.kubernetes.io/version': '1.0.0' },
      ownerReferences: [{ uid: 'u', controller: true }],
    },
    revision: 4,
    data: {
      version: '1.0.0',
      operator: '1.0.0',
      templates: { api: { spec: {} }, websocket: { spec: {} }, migrate: { spec: {} } },
      config: { immutable: true, data: { 'production.yml': expect.stringContaining('database:') as string } },
    },
  })
  expect(readRecord(object)).toEqual(record)
})

test('what was learned stands in annotations, since the data cannot change', () => {
  const { data } = recordObject(stored({}, 1), origin) as unknown as { data: object }
  expect(recordObject(stored({}, 1, { held: { since: 'now' } }), origin)['data']).toEqual(data)
})

test('annotations that are not JSON are ignored', () => {
  const object = recordObject(stored({}, 1), origin)
  object.metadata.annotations = { 'chat-app.com/good': 'yes', 'chat-app.com/migration': '{"schemaVersion":2}' }
  expect(readRecord(object)?.learned).toEqual({ migration: { schemaVersion: 2 } })
})

test('a record of another shape is not read', () => {
  const object = recordObject(stored({}, 1), origin)
  expect(readRecord({ ...object, data: { version: '1.0.0', templates: { 'chat-api': {} } } })).toBeUndefined()
})

test.each([['spec'], ['version'], ['config'], ['templates']])('a record without %s is not read', (field) => {
  const object = recordObject(stored({}, 1), origin)
  const { [field]: _, ...data } = object['data'] as Record<string, unknown>
  expect(readRecord({ ...object, data })).toBeUndefined()
  expect(readRecord({ ...object, data: { ...data, [field]: 7 } })).toBeUndefined()
})
