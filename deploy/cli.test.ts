import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { kubectlCli } from './cli.ts'

/** A program of the name `kubectl`, first in PATH. */
function kubectlIs(script: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'chat-app-kubectl-'))
  writeFileSync(join(folder, 'kubectl'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'kubectl'), 0o755)
  vi.stubEnv('PATH', [folder, process.env['PATH']].join(delimiter))
  onTestFinished(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })
}

test('a kubectl that ends with another code is an answer', async () => {
  kubectlIs('cat; echo "$@" >&2; exit 1')
  expect(await kubectlCli('here')(['diff'], 'text')).toEqual({ code: 1, out: 'text', err: '--context here diff' })
})

test('a kubectl that does not end is ended, and its limit is named', async () => {
  kubectlIs('exec sleep 60')
  await expect(kubectlCli(undefined, 300)(['diff', '-f', '-'], '')).rejects.toThrow(
    'kubectl diff -f -: ended by SIGTERM; it has 0.3 s',
  )
})
