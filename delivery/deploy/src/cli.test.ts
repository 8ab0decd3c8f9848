import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { kubectlCli } from './cli.ts'
import { assertAnswers, assertContext } from './reach.ts'

/** Puts a program named `kubectl` first in PATH. */
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

test('an exit code of kubectl other than 0 is returned', async () => {
  kubectlIs('cat; echo "$@" >&2; exit 1')
  expect(await kubectlCli('here')(['diff'], 'text')).toEqual({ code: 1, out: 'text', err: '--context here diff' })
})

test('a kubectl that does not end in time is killed, and the error names the limit', async () => {
  kubectlIs('exec sleep 60')
  await expect(kubectlCli(undefined, 300)(['diff', '-f', '-'], '')).rejects.toThrow(
    'kubectl diff -f -: killed by SIGTERM (timeout 0.3 s)',
  )
})

test('without kubectl the error says how to install it', async () => {
  vi.stubEnv('PATH', '/nowhere')
  onTestFinished(() => void vi.unstubAllEnvs())
  await expect(assertAnswers(kubectlCli('here'), 'here', {})).rejects.toThrow('kubectl is not in PATH: install it')
})

test("the repeated lines of kubectl's libraries are left out of the error", async () => {
  kubectlIs('echo "E1121 15:45:30.8 1 memcache.go:265] refused" >&2; echo "error: refused" >&2; exit 1')
  await expect(assertAnswers(kubectlCli('here'), 'here', { HOME: '/home/me' })).rejects.toThrow(
    /^the cluster does not answer: error: refused\nkubectl used the context "here" of \/home\/me\/.kube\/config \(KUBECONFIG is not set\): /,
  )
})

test('a pipeline must name a context, and nobody else', () => {
  expect(() => assertContext(undefined, { CI: 'true' })).toThrow('--context is missing: in a pipeline')
  expect(() => assertContext('here', { CI: 'true' })).not.toThrow()
  for (const env of [{}, { CI: '' }, { CI: 'false' }]) expect(() => assertContext(undefined, env)).not.toThrow()
})
