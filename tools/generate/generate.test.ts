import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { generated, stale } from './main.ts'

const copy = mkdtempSync(join(tmpdir(), 'generated-'))
afterAll(() => rmSync(copy, { recursive: true }))

test('the committed files are up to date', () => {
  expect(stale()).toEqual([])
})

test('a missing or edited file is stale', () => {
  const paths = Object.keys(generated())
  expect(stale(copy)).toEqual(paths)
  for (const path of paths) cpSync(join(import.meta.dirname, '..', '..', path), join(copy, path), { recursive: true })
  expect(stale(copy)).toEqual([])
  writeFileSync(join(copy, paths[0] ?? ''), 'edited')
  expect(stale(copy)).toEqual([paths[0]])
})
