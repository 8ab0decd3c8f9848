import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { checkov } from './checkov.ts'

let dir: string

/** A machine of its own: an empty cache, and only the Python of the test on PATH. */
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

function python(version: string, otherwise: string): void {
  const script = `#!/bin/sh\n[ "$1" = --version ] && echo "Python ${version}" && exit\n${otherwise}\n`
  writeFileSync(join(dir, 'bin', 'python3'), script, { mode: 0o755 })
}

test('without Python it says so, and which is needed', async () => {
  await expect(checkov()).rejects.toThrow('there is no python3 on PATH; it needs 3.9 or newer')
  python('3.8.10', 'exit 1')
  await expect(checkov()).rejects.toThrow('is Python 3.8.10; it needs 3.9 or newer')
})

test("what Python says of an environment that it cannot make is told, as Debian's does on standard output", async () => {
  python('3.11.2', 'echo "ensurepip is not available: apt install python3-venv"; exit 1')
  await expect(checkov()).rejects.toThrow(/could not be installed: [^]*apt install python3-venv/)
})
