import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import '@chat-app/sandbox-cluster/testing'
import { kubectlCli } from './cli.ts'
import { assertAnswers } from './reach.ts'

/** Runs the real kubectl with this kubeconfig. */
function asked(kubeconfig: string, context?: string): Promise<void> {
  vi.stubEnv('PATH', [dirname(inject('kubectl')), process.env['PATH']].join(delimiter))
  vi.stubEnv('KUBECONFIG', kubeconfig)
  onTestFinished(() => void vi.unstubAllEnvs())
  return assertAnswers(kubectlCli(context), context, process.env)
}

/** A kubeconfig with this user and a server that does not exist. */
function kubeconfig(user: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'chat-app-reach-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'here', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'me' } }],
    'current-context': 'here',
  }
  writeFileSync(join(folder, 'config'), JSON.stringify(config))
  return join(folder, 'config')
}

test('a cluster that answers is accepted', async () => expect(await asked(inject('kubeconfig'))).toBeUndefined())

test('the error about one that does not names the reason once, the context and file, and how to choose others', async () => {
  const config = kubeconfig({ token: 'x' })
  const error: Error = await asked(config).then(
    () => expect.unreachable(),
    (reason) => reason,
  )
  const [first, second, ...others] = error.message.split('\n')
  expect(first).toBe(
    'the cluster does not answer: The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?',
  )
  expect(second).toBe(
    `kubectl used the current context of KUBECONFIG=${config}: kubectl config get-contexts lists the contexts; --context names one, KUBECONFIG another file.`,
  )
  expect(others).toEqual([])
})

test('a context or a file that does not exist is named', async () => {
  await expect(asked(inject('kubeconfig'), 'nowhere')).rejects.toThrow(
    /context "nowhere" does not exist\nkubectl used the context "nowhere" of KUBECONFIG=/,
  )
  await expect(asked('/nowhere/config')).rejects.toThrow(
    'kubectl used the current context of KUBECONFIG=/nowhere/config',
  )
})

test('kubectl does not wait for a user name to be typed', async () =>
  expect(asked(kubeconfig({}))).rejects.toThrow('does not answer: Please enter Username: error: EOF'))
