import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownCode } from './bundle.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')
/** What an operator of this size takes; more means that an import brought in what it never runs. */
const MAX_BYTES = 180_000

test('the operator holds its own code, the ChatApp and its schema, and nothing else of ours', async () => {
  const own = await ownCode(CHECKOUT, { entry: 'operator/src/main.ts' })
  const isIts = (path: string): boolean => /^(operator\/src|charts\/chat\/src|crds)\//.test(path)
  expect([...own.keys()].filter((path) => !isIts(path))).toEqual([])
  expect([...own.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(MAX_BYTES)
})
