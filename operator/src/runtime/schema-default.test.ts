import { expect, test } from 'vitest'
import { isDefaultOf, schemaAt } from './schema-default.ts'

const budget = { default: {}, properties: { lost: { default: 0 }, gap: { default: 3 }, free: {} } }
const schema = {
  properties: { rollout: { properties: { budget, list: { items: { properties: { a: { default: 1 } } } } } } },
}

test.each([
  [0, { default: 0 }, true],
  [1, { default: 0 }, false],
  [undefined, { default: 0 }, false],
  [0, {}, false],
  [{ lost: 0, gap: 3 }, budget, true],
  [{}, budget, true],
  [{ lost: 0, gap: 4 }, budget, false],
  [{ free: 'x' }, budget, false],
  [{ unknown: 1 }, budget, false],
  [{ lost: 5 }, { default: { lost: 5 }, properties: { lost: { default: 0 } } }, true],
])('%j in %j is the default: %s', (value, of, expected) => {
  expect(isDefaultOf(of, value)).toBe(expected)
})

test('a schema is found by its path', () => {
  expect(schemaAt(schema, ['rollout', 'budget', 'gap'])).toEqual({ default: 3 })
  expect(schemaAt(schema, ['rollout', 'list', 0, 'a'])).toEqual({ default: 1 })
  expect(schemaAt(schema, ['rollout', 'none', 'gap'])).toBeUndefined()
})
