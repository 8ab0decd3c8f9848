import { expect } from 'vitest'
import { test } from '../../test/support/api.ts'

test('a namespace of its own', async ({ namespace, runHere }) => {
  expect(await runHere(['get', 'serviceaccounts', '-o', 'name'])).toContain('serviceaccount/default')
  expect(namespace).toMatch(/^test-/)
})
