import { expect, test } from 'vitest'
import { readTable } from './table.ts'

const row = { namespace: 'data', name: 'users', data: { password: [{ held: 'password', length: 24 }] } }

test('a table of Secrets is read as it is', () => {
  expect(readTable(JSON.stringify([row]))).toEqual([row])
})

test.each([
  [undefined, 'SECRETS is missing'],
  ['{', 'SECRETS is not JSON'],
  ['[]', 'Too small'],
  [JSON.stringify([{ ...row, data: { password: [{ held: 'password', length: 4 }] } }]), '[0].data.password[0]'],
  [JSON.stringify([{ ...row, kind: 'Secret' }]), 'Unrecognized key: "kind"'],
])('%s is refused', (json, message) => {
  expect(() => readTable(json)).toThrow(message)
})
