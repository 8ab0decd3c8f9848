import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import '@chat-app/sandbox-cluster/testing'
import { kubectlCli } from './cli.ts'
import { assertAnswers } from './reach.ts'

/** Asks by the real kubectl, which finds this kubeconfig. */
function asked(kubeconfig: string, context?: string): Promise<void> {
  vi.stubEnv('PATH', [dirname(inject('kubectl')), process.env['PATH']].join(delimiter))
  vi.stubEnv('KUBECONFIG', kubeconfig)
  onTestFinished(() => void vi.unstubAllEnvs())
  return assertAnswers(kubectlCli(context), context, process.env)
}

/** A kubeconfig of a server that is not there, with this user. */
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

test('a cluster that answers is one', async () => expect(await asked(inject('kubeconfig'))).toBeUndefined())

test('of one that does not it is said once why, who was asked, and how another is named', async () => {
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
    `Asked was the current context of KUBECONFIG=${config}: kubectl config get-contexts lists the contexts; --context names one, KUBECONFIG another file.`,
  )
  expect(others).toEqual([])
})

test('a context or a file that is not there is named', async () => {
  await expect(asked(inject('kubeconfig'), 'nowhere')).rejects.toThrow(
    /context "nowhere" does not exist\nAsked was the context "nowhere" of KUBECONFIG=/,
  )
  await expect(asked('/nowhere/config')).rejects.toThrow('Asked was the current context of KUBECONFIG=/nowhere/config')
})

test('a user without credentials is not waited for', async () =>
  expect(asked(kubeconfig({}))).rejects.toThrow('does not answer: Please enter Username: error: EOF'))
