import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../runtime/types.ts'
import { pod } from '../testing/observed.ts'
import { askHealth, unreadyPods } from './health.ts'

const ERROR = 'database chat-db:3306: connect ECONNREFUSED'
const report = JSON.stringify({
  status: 'DOWN',
  components: { ping: { status: 'UP' }, db: { status: 'DOWN', details: { error: ERROR } } },
})

describe('the pods that are asked', () => {
  test('run and are not ready', () => {
    const pods = [
      pod('api'),
      pod('api', { name: 'unready', isReady: false }),
      pod('api', { name: 'pending', isReady: false, phase: 'Pending' }),
      pod('api', { name: 'leaving', isReady: false, leaving: true }),
      pod('migrate', { name: 'done', isReady: false, phase: 'Succeeded' }),
    ]
    expect(unreadyPods(pods).map(({ metadata }) => metadata.name)).toEqual(['unready'])
  })

  test('are the six newest', () => {
    const pods = Array.from({ length: 9 }, (_, i) =>
      pod('api', { name: `p${i}`, isReady: false, created: `2026-01-01T00:00:0${i}Z` }),
    )
    expect(unreadyPods(pods).map(({ metadata }) => metadata.name)).toEqual(['p8', 'p7', 'p6', 'p5', 'p4', 'p3'])
  })
})

describe('the health of a pod', () => {
  test('names the components that are down, with their errors', async () => {
    expect(await askHealth([pod('api')], () => Promise.resolve(report))).toEqual([
      { pod: 'chat-api-1', down: { db: ERROR } },
    ])
  })

  test.each([
    ['nothing', ''],
    ['something else', '<html>'],
    ['a number', '1'],
    ['a list of components', '{"components":[1]}'],
    ['a component without details', '{"components":{"db":{"status":"DOWN"}}}'],
    [
      'an endless error',
      JSON.stringify({ components: { db: { status: 'DOWN', details: { error: 'x'.repeat(9999) } } } }),
    ],
  ])('is at most a short text when the answer is %s', async (_name, body) => {
    const health = await askHealth([pod('api')], () => Promise.resolve(body))
    expect(JSON.stringify(health).length).toBeLessThan(400)
  })

  test('is left out when the pod does not answer', async () => {
    const ask = (asked: KubeObject) =>
      asked.metadata.name === 'silent' ? Promise.reject(new Error('ECONNREFUSED')) : Promise.resolve(report)
    const health = await askHealth([pod('api', { name: 'silent' }), pod('api', { name: 'answering' })], ask)
    expect(health.map((each) => each.pod)).toEqual(['answering'])
  })
})
