import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { eventually, must } from '@chat-app/testing'
import { kubectl } from '@chat-app/kubectl'
import { isAlive, signalProcess, type ProcessIdentity, readState } from '@chat-app/sandbox-machine'

const CLI = join(import.meta.dirname, 'main.ts')
let state: string

beforeEach(() => (state = join(mkdtempSync(join(tmpdir(), 'sandbox-cli-')), 'state')))
afterEach(async () => {
  await sandbox('down')
  rmSync(join(state, '..'), { recursive: true })
})

const begin = (...args: string[]) => {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, CHAT_APP_SANDBOX_STATE: state } })
  const result = { out: '', err: '' }
  child.stdout.on('data', (data) => (result.out += String(data)))
  child.stderr.on('data', (data) => (result.err += String(data)))
  return { child, ended: new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...result }))) }
}
interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}
const sandbox = (...args: string[]): Promise<Ended> => begin(...args).ended

const dir = (): string => join(state, 'api')
const processes = (): ProcessIdentity[] => {
  const { supervisor, processes } = must(readState(dir()))
  return [supervisor, ...Object.values(processes).flatMap(({ identity }) => identity ?? [])]
}

describe('npm run sandbox', () => {
  test('up starts one cluster, which keeps running; down removes everything', async () => {
    expect(await sandbox('up', '--size', 'api')).toMatchObject({
      code: 0,
      out: expect.stringContaining('export KUBECONFIG='),
    })
    const first = processes()
    expect(first.filter(isAlive)).toHaveLength(4)

    expect(await sandbox('up', '--size', 'api')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^already running;/),
    })
    expect(processes()).toEqual(first)

    const { out: kubeconfig } = await sandbox('kubeconfig')
    const run = kubectl({ binary: inject('kubectl'), kubeconfig: kubeconfig.trim() })
    expect(await run(['get', 'namespaces', '-o', 'name'])).toContain('namespace/kube-system')

    const status = await sandbox('status')
    expect(status.code).toBe(0)
    expect(status.out).toMatch(/^api: https:\/\/127\.0\.0\.1:\d+, API server: ok\n/)
    for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager']) {
      expect(status.out).toMatch(new RegExp(`^  ${name} +\\d+  ready +0$`, 'm'))
    }

    // The next start removes what a crashed sandbox, and then a crashed start, left.
    for (const identity of first) signalProcess(identity, 'SIGKILL')
    await eventually(() => expect(first.filter(isAlive)).toEqual([]))
    expect(await sandbox('status')).toMatchObject({ code: 1 })
    const { child, ended } = begin('up', '--size', 'api')
    const started = await firstProcesses(first)
    child.kill('SIGKILL')
    await ended
    expect(await sandbox('up', '--size', 'api')).toMatchObject({ code: 0 })
    expect(started.filter(isAlive)).toEqual([])
    expect(processes().filter(isAlive)).toHaveLength(4)

    const last = processes()
    expect(await sandbox('down')).toMatchObject({ code: 0 })
    expect(last.filter(isAlive)).toEqual([])
    expect(existsSync(state)).toBe(false)
  })

  test('an interrupted start leaves nothing', async () => {
    const { child, ended } = begin('up', '--size', 'api')
    const started = await firstProcesses()
    child.kill('SIGTERM')
    expect((await ended).code).toBe(130)
    await eventually(() => expect(started.filter(isAlive)).toEqual([]))
    expect(existsSync(dir())).toBe(false)
  })

  test('status, kubeconfig and down report that no sandbox is running', async () => {
    expect(await sandbox('status')).toMatchObject({
      code: 1,
      out: expect.stringContaining('no sandbox of this checkout is running'),
    })
    expect(await sandbox('kubeconfig')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('npm run sandbox -- up'),
    })
    expect(await sandbox('down')).toMatchObject({ code: 0, out: 'this checkout has no sandbox\n' })
    expect(existsSync(state)).toBe(false)
  })

  test('the error for an unknown size lists the valid sizes', async () => {
    expect(await sandbox('up', '--size', 'huge')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^sandbox: --size: unknown size "huge"; there are api, node\nusage: /),
    })
  })

  test('the error for an unknown command suggests the nearest one', async () => {
    expect(await sandbox('statsu')).toMatchObject({
      code: 1,
      err: expect.stringContaining('unknown command "statsu": did you mean status?'),
    })
  })
})

/** Waits until a start has started etcd, with other processes than those before. Returns the processes that run. */
async function firstProcesses(before: readonly ProcessIdentity[] = []): Promise<ProcessIdentity[]> {
  await eventually(() => {
    expect(Object.keys(readState(dir())?.processes ?? {})).toContain('etcd')
    expect(processes().some(({ pid }) => before.some((each) => each.pid === pid))).toBe(false)
  })
  return processes()
}
