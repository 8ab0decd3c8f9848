import { expect, test } from 'vitest'
import type { KubeObject } from '../runtime/types.ts'
import { DESIRED_HASH, sealed, TEMPLATE_HASH } from './seal.ts'

function hashes(fields: object, kind = 'ConfigMap'): KubeObject['metadata']['annotations'] {
  return sealed({ apiVersion: 'v1', kind, metadata: { name: 'x', namespace: 'ns' }, ...fields }).metadata.annotations
}

test('the hash does not depend on the order of fields, and changes with any value', () => {
  const hash = (data: object) => hashes({ data })?.[DESIRED_HASH]
  expect(hash({ a: '1', b: '2' })).toBe(hash({ b: '2', a: '1' }))
  expect(hash({ a: '1' })).not.toBe(hash({ a: '2' }))
  expect(hash({ a: '1' })).toMatch(/^[0-9a-f]{16}$/)
})

test('a Deployment also has a hash of its pod template alone', () => {
  const hash = (replicas: number, image: string) =>
    hashes({ spec: { replicas, template: { image } } }, 'Deployment')?.[TEMPLATE_HASH]
  expect(hash(1, 'a')).toBe(hash(2, 'a'))
  expect(hash(1, 'a')).not.toBe(hash(1, 'b'))
  expect(hashes({ data: {} })?.[TEMPLATE_HASH]).toBeUndefined()
})
