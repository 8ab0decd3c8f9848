import { join } from 'node:path'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { bundleLayer } from './bundle.ts'

const CHECKOUT = join(import.meta.dirname, '..', '..', '..')
/** Limit for the project's own code in the operator. If it is exceeded, an import probably pulled in unused code. */
const MAX_BYTES = 180_000

test('of this project, the operator contains only its own code, the ChatApp model and its schema', async () => {
  const { ownCode: own } = await bundleLayer(CHECKOUT, { entry: 'operator/src/main.ts' })
  const isIts = (path: string): boolean => /^(operator\/(src\/|package\.json)|charts\/chat\/src\/|crds\/)/.test(path)
  expect([...own.keys()].filter((path) => !isIts(path))).toEqual([])
  expect([...own.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(MAX_BYTES)
})

test('a CommonJS package is refused where import() loads it, since its names would be lost', async () => {
  const folder = await mkdtemp(join(CHECKOUT, 'node_modules', '.bundle-test-'))
  try {
    await writeFile(join(folder, 'main.mjs'), "const { parse } = await import('semver')\nconsole.log(parse('1.0.0'))\n")
    const entry = join(folder, 'main.mjs').slice(CHECKOUT.length + 1)
    await expect(bundleLayer(CHECKOUT, { entry })).rejects.toThrow('is loaded by import() and is CommonJS')
  } finally {
    await rm(folder, { recursive: true })
  }
})
