import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { kubectl, kubectlResults } from './kubectl.ts'

/** Path of an executable with this shell script, to be run as kubectl. */
function program(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'chat-app-kubectl-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'kubectl')
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  return file
}

test('returns the output, and passes each line to onLine', async () => {
  const lines: string[] = []
  const run = kubectl({ binary: program('cat; echo "$@"'), kubeconfig: '/k/config', context: 'here' })
  const out = await run(['get', 'pods'], { input: 'in\n', onLine: (line) => lines.push(line) })
  expect(out).toBe('in\n--kubeconfig /k/config --cache-dir /k/kubectl-cache --context here get pods\n')
  expect(lines).toEqual(out.trimEnd().split('\n'))
})

test('kubectl rejects on an exit code other than 0, with the output; kubectlResults returns code and output', async () => {
  const binary = program('echo "refused $WHY" >&2; exit 3')
  const env = { WHY: 'by the server' }
  await expect(kubectl({ binary, env })(['get', 'x'])).rejects.toThrow('kubectl get x: refused by the server')
  expect(await kubectlResults({ binary, env })(['get', 'x'])).toEqual({
    code: 3,
    out: '',
    err: 'refused by the server',
  })
  await expect(kubectl({ binary: program('exit 4') })(['get', 'x'])).rejects.toThrow(
    'kubectl get x: exited with code 4',
  )
})

test('the error of a killed kubectl has the signal, the timeout and its output', async () => {
  const run = kubectl({ binary: program('echo "still waiting" >&2; exec sleep 60') })
  await expect(run(['wait'], { timeoutMs: 300 })).rejects.toThrow(
    'kubectl wait: killed by SIGTERM (timeout 0.3 s): still waiting',
  )
  await expect(run(['wait'], { signal: AbortSignal.abort() })).rejects.toThrow(
    'kubectl wait: The operation was aborted',
  )
})

test('the cause of the error is ENOENT when kubectl does not exist', async () => {
  const error: unknown = await kubectl({ binary: '/nowhere/kubectl' })(['version']).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'KubectlError', args: ['version'], cause: { code: 'ENOENT' } })
})

test('output is bounded, and a last line without an end reaches onLine', async () => {
  const endless = kubectlResults({ binary: program('exec yes') })
  await expect(endless(['get', 'x'], { maxCharacters: 100_000 })).rejects.toThrow(
    'kubectl get x: its output has more than 100000 characters',
  )
  const lines: string[] = []
  await kubectl({ binary: program('printf "a\\nb"') })(['logs'], {
    isStreamed: true,
    onLine: (line) => lines.push(line),
  })
  expect(lines).toEqual(['a', 'b'])
})
