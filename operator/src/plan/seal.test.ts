import { expect, test } from 'vitest'
import type { KubeObject } from '../runtime/types.ts'
import { DESIRED_HASH, sealed } from './seal.ts'

function hashes(fields: object): KubeObject['metadata']['annotations'] {
  return sealed({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'ns' }, ...fields }).metadata
    .annotations
}

test('the hash does not depend on the order of fields, and changes with any value', () => {
  const hash = (data: object) => hashes({ data })?.[DESIRED_HASH]
  expect(hash({ a: '1', b: '2' })).toBe(hash({ b: '2', a: '1' }))
  expect(hash({ a: '1' })).not.toBe(hash({ a: '2' }))
  expect(hash({ a: '1' })).toMatch(/^[0-9a-f]{16}$/)
})
