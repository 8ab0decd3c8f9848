import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { checkov, whyNoCheckov } from './checkov.ts'

let dir: string

/** Simulates a machine with an empty cache, and with only the Python of the test on PATH. */
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'checkov-'))
  mkdirSync(join(dir, 'bin'))
  vi.stubEnv('PATH', join(dir, 'bin'))
  vi.stubEnv('XDG_CACHE_HOME', join(dir, 'cache'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(dir, { recursive: true })
})

function fakePython(version: string, otherwise: string): void {
  const script = `#!/bin/sh\n[ "$1" = --version ] && echo "Python ${version}" && exit\n${otherwise}\n`
  writeFileSync(join(dir, 'bin', 'python3'), script, { mode: 0o755 })
}

test('the error names a missing or old Python and the version that is needed', async () => {
  await expect(checkov()).rejects.toThrow('there is no python3 on PATH; it needs 3.11 or newer')
  expect(whyNoCheckov()).toContain('there is no python3 on PATH')
  fakePython('3.10.12', 'exit 1')
  await expect(checkov()).rejects.toThrow('is Python 3.10.12; it needs 3.11 or newer')
  expect(whyNoCheckov()).toContain('is Python 3.10.12')
})

test('whyNoCheckov installs nothing', () => {
  fakePython('3.11.2', `touch "${dir}/asked"; exit 1`)
  expect(whyNoCheckov()).toBeUndefined()
  expect(readdirSync(dir)).toEqual(['bin'])
})

test('every package is pinned by version and hashes, and the file names no index', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'checkov', 'requirements.txt'), 'utf8')
  const packages = text
    .replace(/^#.*\n/gm, '')
    .trim()
    .split(/\n(?=\S)/)
  for (const each of packages) expect(each).toMatch(/^\S+==\S+( ;[^\\]+)?( \\\n {4}--hash=sha256:[0-9a-f]{64})+$/)
  expect(text).not.toMatch(/:\/\/|^--/m)
})

test("the error contains Python's standard output, where Debian's Python names the package that it lacks", async () => {
  fakePython('3.11.2', 'echo "ensurepip is not available: apt install python3-venv"; exit 1')
  await expect(checkov()).rejects.toThrow(/could not be installed: [^]*apt install python3-venv/)
})
