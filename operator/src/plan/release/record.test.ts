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

test('a proof is read back as it was, without what is none', () => {
  const counts = { sent: 1, acknowledged: 1, lost: 0, duplicated: 0, reordered: 0, longestGapMs: 4, reconnects: [0, 2] }
  const since = '2026-01-01T00:00:00Z'
  const proof = { since, attempt: 2, before: { verdict: 'Passed', message: 'all', counts } } as const
  expect(readRecord(recordObject(stored({}, 1, { proof }), origin))?.learned.proof).toEqual(proof)
  const read = (value: unknown) => {
    const object = recordObject(stored({}, 1), origin)
    object.metadata.annotations = { 'chat-app.com/proof': JSON.stringify(value) }
    return readRecord(object)?.learned.proof
  }
  expect(read({ since: 'now', before: { verdict: 'Passed' } })).toBeUndefined()
  expect(read({ since, attempt: 'x', before: { verdict: 'Fine' }, during: 7 })).toEqual({ since })
  const broken = { verdict: 'Failed', message: 7, sent: 1, lost: -1, reconnects: ['x', 3] }
  const known = { sent: 1, acknowledged: 0, lost: 0, duplicated: 0, reordered: 0, longestGapMs: 0, reconnects: [3] }
  expect(read({ since, before: broken })).toEqual({ since, before: { verdict: 'Failed', message: '', counts: known } })
})

test('a record of another shape is not read', () => {
  const object = recordObject(stored({}, 1), origin)
  expect(readRecord({ ...object, data: { version: '1.0.0', templates: { 'chat-api': {} } } })).toBeUndefined()
})

test('a record of before has no template of a worker', () => {
  const record = stored({ worker: {} }, 1)
  expect(readRecord(recordObject(record, origin))).toEqual(record)
  expect(record.release.templates.worker).toBeDefined()
  expect(readRecord(recordObject(stored({}, 1), origin))?.release.templates.worker).toBeUndefined()
})

test.each([['spec'], ['version'], ['config'], ['templates']])('a record without %s is not read', (field) => {
  const object = recordObject(stored({}, 1), origin)
  const { [field]: _, ...data } = object['data'] as Record<string, unknown>
  expect(readRecord({ ...object, data })).toBeUndefined()
  expect(readRecord({ ...object, data: { ...data, [field]: 7 } })).toBeUndefined()
})
