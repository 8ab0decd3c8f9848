import * as fs from 'node:fs'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { replaceFolders } from './replace-folders.ts'

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  return { ...real, renameSync: vi.fn(real.renameSync) }
})

test('a folder that cannot be put back keeps its former files beside it, and the others are put back', () => {
  const folder = mkdtempSync(join(tmpdir(), 'replace-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const out = join(folder, 'dist')
  const write = (below: string, text: string): void => {
    for (const name of ['dev', 'prod']) {
      mkdirSync(join(below, name), { recursive: true })
      writeFileSync(join(below, name, 'a.yaml'), text)
    }
  }
  write(out, 'old')

  const { renameSync } = vi.mocked(fs)
  const rename = renameSync.getMockImplementation() as typeof fs.renameSync
  renameSync.mockImplementation((from, to) => {
    if (String(from).endsWith('prod.old')) throw new Error('the disk is full')
    rename(from, to)
  })
  const replacing = () => replaceFolders(out, ['dev', 'prod', 'gone'], (made) => write(made, 'new'))
  expect(replacing).toThrow(/ENOENT[^]*has the former folders that could not be put back \(the disk is full\)$/)
  expect(readFileSync(join(out, 'dev/a.yaml'), 'utf8')).toBe('old')
  const [kept = ''] = globSync('.dist-*/prod.old/a.yaml', { cwd: folder })
  expect(readFileSync(join(folder, kept), 'utf8')).toBe('old')
})
