import { expect, test } from 'vitest'
import { bytes } from './bytes.ts'

test.each([
  ['512', 512],
  ['1.5Gi', 1_610_612_736],
  ['100G', 100_000_000_000],
  ['64Mi', 67_108_864],
])('%s is %i bytes', (quantity, expected) => {
  expect(bytes(quantity)).toBe(expected)
})

test.each(['', 'Gi', '2GB', '500m'])('%j is no amount of bytes', (quantity) => {
  expect(bytes(quantity)).toBeNaN()
})
