import { expect, test } from 'vitest'
import { quantityValue, sameQuantity } from './quantity.ts'

test.each([
  ['1000m', '1'],
  ['1', 1],
  ['0.5', '500m'],
  ['.5', '0.50'],
  ['1Gi', '1024Mi'],
  ['1Gi', '1073741824'],
  ['1e3', '1k'],
  ['1E3', '1000'],
  ['1E', '1000P'],
  ['100n', '0.0000001'],
  ['1.5Gi', '1536Mi'],
  ['0', '0Mi'],
  ['-1', '-1000m'],
])('%s is %s', (a, b) => {
  expect(sameQuantity(a, b)).toBe(true)
  expect(sameQuantity(b, a)).toBe(true)
})

test.each([
  ['1Gi', '1G'],
  ['1', '1m'],
  ['500m', '501m'],
  ['', ''],
  ['abc', 'abc'],
  ['1 Gi', '1Gi'],
  ['1e99999', '1e99999'],
  [undefined, undefined],
  [{}, {}],
  ['1', true],
])('%j is not known to be the same as %j', (a, b) => {
  expect(sameQuantity(a, b)).toBe(false)
})

test.each([
  ['500m', 0.5],
  ['0.1', 0.1],
  [2, 2],
  ['96Mi', 96 * 2 ** 20],
  ['8Gi', 8 * 2 ** 30],
  ['1.5Gi', 1.5 * 2 ** 30],
  ['3P', 3e15],
  ['many', 0],
])('%s is the number %d', (quantity, value) => {
  expect(quantityValue(quantity)).toBe(value)
})
