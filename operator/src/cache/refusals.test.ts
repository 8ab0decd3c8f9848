import { expect, test } from 'vitest'
import { MAX_REFUSALS } from '../limits.ts'
import type { KubeObject } from '../runtime/types.ts'
import { Refusals } from './refusals.ts'

const QUOTA = 'exceeded quota: compute, requested: pods=1, used: pods=4, limited: pods=4'

function event(changes: object = {}, regarding: object = {}): KubeObject {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'ns' },
    regarding: { kind: 'Job', namespace: 'ns', name: 'chat-migrate-1', uid: 'u-job', ...regarding },
    note: `Error creating: pods "chat-migrate-1-x7k2p" is forbidden: ${QUOTA}`,
    deprecatedLastTimestamp: '2026-01-01T00:00:05Z',
    ...changes,
  }
}

function child(kind: string, name: string): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'ns' } }
}

const JOB = child('Job', 'chat-migrate-1')

test('the last refusal of a Job has the words of the quota without the name of the pod', () => {
  const refusals = new Refusals()
  expect(refusals.upsert(event())).toHaveLength(1)
  expect(refusals.of(JOB)).toEqual({ uid: 'u-job', words: QUOTA, atMs: Date.parse('2026-01-01T00:00:05Z') })
  expect(refusals.of(child('Job', 'chat-migrate-2'))).toBeUndefined()
})

test('the Events of a ReplicaSet are about its Deployment; those of other kinds are left out', () => {
  const refusals = new Refusals()
  refusals.upsert(event({}, { kind: 'ReplicaSet', name: 'chat-api-5d9c7b6f4d' }))
  expect(refusals.of(child('Deployment', 'chat-api'))?.words).toBe(QUOTA)
  expect(refusals.upsert(event({}, { kind: 'StatefulSet', name: 'chat-api-1' }))).toEqual([])
})

test('an older Event does not replace a newer one, and an Event that expires takes nothing away', () => {
  const refusals = new Refusals()
  refusals.replace([
    event({ note: 'newer', series: { lastObservedTime: '2026-01-01T00:00:09.123456Z' } }),
    event({ note: 'older' }),
  ])
  refusals.remove()
  refusals.replace([])
  expect(refusals.of(JOB)).toMatchObject({ words: 'newer', atMs: Date.parse('2026-01-01T00:00:09Z') })
})

test.each([
  [
    'a webhook',
    'Error creating: admission webhook "deny.example.com" denied the request: no',
    'admission webhook "deny.example.com" denied the request: no',
  ],
  [
    'a repeated cause',
    '(combined from similar events): Error creating: pods "a-1" is forbidden: maximum cpu',
    'maximum cpu',
  ],
  ['an invalid pod', 'Error creating: Pod "a-1" is invalid: spec.x: Required value', 'spec.x: Required value'],
])('the words of %s are kept', (_name, note, words) => {
  const refusals = new Refusals()
  refusals.upsert(event({ note }))
  expect(refusals.of(JOB)?.words).toBe(words)
})

test('only the most recent children are remembered', () => {
  const refusals = new Refusals()
  refusals.upsert(event())
  for (let i = 0; i < MAX_REFUSALS - 1; i++) refusals.upsert(event({}, { name: `other-${i}` }))
  expect(refusals.of(JOB)).toBeDefined()
  refusals.upsert(event({}, { name: 'one-more' }))
  expect(refusals.of(JOB)).toBeUndefined()
  expect(refusals.of(child('Job', 'one-more'))).toBeDefined()
})
