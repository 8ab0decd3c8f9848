import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { generated, stale } from './generate.ts'

const copy = mkdtempSync(join(tmpdir(), 'generated-'))
afterAll(() => rmSync(copy, { recursive: true }))

test('the committed files are what the schema gives', () => {
  expect(stale()).toEqual([])
})

test('a file that was edited by hand, or is missing, counts as stale', () => {
  const paths = Object.keys(generated())
  expect(stale(copy)).toEqual(paths)
  for (const path of paths) cpSync(join(dirname(import.meta.dirname), path), join(copy, path), { recursive: true })
  expect(stale(copy)).toEqual([])
  writeFileSync(join(copy, paths[0] ?? ''), 'edited')
  expect(stale(copy)).toEqual([paths[0]])
})

test('the reference names each field with its default and its rule', () => {
  const page = generated()['docs/reference/chatapp.md']
  expect(page).toMatch(
    /`spec.websocket.drain.periodSeconds` \| integer \| .*in seconds.* Default: 60\. From 1 to 540\./,
  )
  expect(page).toMatch(/`spec.exposure` .* Rule: hosts type Ingress needs hosts\.api/)
})
