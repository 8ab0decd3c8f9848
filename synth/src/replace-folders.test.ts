import * as fs from 'node:fs'
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { run } from './cli.ts'

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  return { ...real, renameSync: vi.fn(real.renameSync) }
})

test('a folder that cannot be restored keeps its former files, and the others are restored', async () => {
  // Another test file may have loaded the module with the real file system.
  vi.resetModules()
  const { replaceFolders } = await import('./replace-folders.ts')
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
  const replacing = () =>
    replaceFolders(out, { names: ['dev', 'prod', 'gone'], isOurs: () => true, make: (made) => write(made, 'new') })
  expect(replacing).toThrow(/ENOENT[^]*has the former folders that could not be restored \(the disk is full\)$/)
  expect(readFileSync(join(out, 'dev/a.yaml'), 'utf8')).toBe('old')
  const [kept = ''] = globSync('.synth-*/prod.old/a.yaml', { cwd: out })
  expect(readFileSync(join(out, kept), 'utf8')).toBe('old')
})

test.each([
  ['a folder of sources', 'test/support/api.ts'],
  ['a program', 'local/bin/tool'],
  ['a hidden file', 'dev/.env'],
])('%s that has the name of an environment is left alone', (_, path) => {
  const out = folderWith(path)
  expect(() => run(['--out', out])).toThrow(
    `${join(out, path)} is not a manifest of this project and would be removed: move it away, or choose another folder`,
  )
  expect(readdirSync(out, { recursive: true })).toContain(path)
  expect(readdirSync(out)).toHaveLength(1)
})

test('a file or a link in the place of an environment is not replaced', () => {
  const out = folderWith('dev')
  expect(() => run(['--env', 'dev', '--out', out])).toThrow(`${join(out, 'dev')} is not a manifest`)
  symlinkSync('/nowhere', join(out, 'prod'))
  expect(() => run(['--env', 'prod', '--out', out])).toThrow(`${join(out, 'prod')} is not a manifest`)
})

test.each([
  ['below a file', (out: string) => join(out, 'file', 'below'), 'ENOTDIR'],
  // Folders cannot be created there.
  ['below /proc', () => '/proc/nowhere/below', 'ENOENT'],
])('a folder %s is refused with the option and the reason', (_, place, reason) => {
  const out = place(folderWith('file'))
  expect(() => run(['--out', out])).toThrow(new RegExp(`^--out ${JSON.stringify(out)}: ${reason}`))
})

/** A folder with one file. */
function folderWith(path: string): string {
  const out = mkdtempSync(join(tmpdir(), 'replace-'))
  onTestFinished(() => rmSync(out, { recursive: true }))
  mkdirSync(dirname(join(out, path)), { recursive: true })
  writeFileSync(join(out, path), '')
  return out
}
