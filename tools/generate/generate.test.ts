import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { generated, stale } from './main.ts'

const copy = mkdtempSync(join(tmpdir(), 'generated-'))
afterAll(() => rmSync(copy, { recursive: true }))

test('the committed files are what the schema, the manifests and the exceptions give', () => {
  expect(stale()).toEqual([])
})

test('a file that was edited by hand, or is missing, counts as stale', () => {
  const paths = Object.keys(generated())
  expect(stale(copy)).toEqual(paths)
  for (const path of paths) cpSync(join(import.meta.dirname, '..', '..', path), join(copy, path), { recursive: true })
  expect(stale(copy)).toEqual([])
  writeFileSync(join(copy, paths[0] ?? ''), 'edited')
  expect(stale(copy)).toEqual([paths[0]])
})
