import { expect, test } from 'vitest'
import { ApiError, ConnectionError } from '../runtime/errors.ts'
import type { KubeObject } from '../runtime/types.ts'
import { isAboutObject, withFields } from './refusal.ts'

const REFUSED = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

function pod(...limits: unknown[]): KubeObject {
  const containers = limits.map((cpu) => ({ name: 'main', resources: { limits: { cpu, memory: '1Gi' } } }))
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers, hostname: 'abc' } }
}

test('a quantity that the API server refuses without its field is named', () => {
  const error = new ApiError(REFUSED, 500)
  expect(withFields(error, pod('1', 'abc', '5zz'))).toMatchObject({
    status: 500,
    message:
      'Pod p: spec.containers[1].resources.limits.cpu is "abc", spec.containers[2].resources.limits.cpu is "5zz", ' +
      `not a quantity: ${REFUSED}`,
  })
  expect(withFields(error, pod('1'))).toBe(error)
})

test('other errors keep their words', () => {
  const error = new ApiError('spec.x: Required value', 422)
  expect(withFields(error, pod('abc'))).toBe(error)
})

test.each([
  [new ApiError('invalid', 422), true],
  [new ApiError('exceeded quota', 403), true],
  [new ApiError(REFUSED, 500), true],
  [new ApiError('the kind is gone', 404), true],
  [new ApiError('modified', 409), false],
  [new ApiError('too many requests', 429), false],
  [new ApiError('unavailable', 503), false],
  [new ConnectionError('ECONNREFUSED'), false],
])('%s is about the object: %s', (error, expected) => {
  expect(isAboutObject(error)).toBe(expected)
})
