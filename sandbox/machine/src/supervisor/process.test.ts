import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DEADLINE_MS, eventually, must } from '@chat-app/testing'
import { identify, isAlive, signalProcess, type ProcessIdentity } from '../system/process-identity.ts'
import { supervise, type ProcessSpec, type SupervisedProcess } from './process.ts'

const NEVER_MS = 24 * 3_600_000

let dir: string
let running: SupervisedProcess[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'process-'))
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((process) => process.stop(0)))
  rmSync(dir, { recursive: true })
})

/** Supervises a shell script, which has the test's folder in `$DIR`. */
const start = (script: string, spec: Partial<ProcessSpec> = {}): SupervisedProcess => {
  const process = supervise(
    { name: 'script', command: '/bin/sh', args: ['-c', script], env: { DIR: dir }, ...spec },
    { logFile: join(dir, 'log') },
  )
  running.push(process)
  return process
}
const log = (): string => readFileSync(join(dir, 'log'), 'utf8')
const identityOf = (process: SupervisedProcess): ProcessIdentity => must(process.state().identity, 'the process')

describe('a supervised process', () => {
  test('writes its output to its log', async () => {
    start('echo out; echo err >&2; exec sleep 60')
    await eventually(() => expect(log()).toBe('out\nerr\n'))
  })

  test('is restarted as another process when it is killed', async () => {
    const process = start('exec sleep 60')
    await process.whenReady(DEADLINE_MS)
    const first = identityOf(process)
    expect(signalProcess(first, 'SIGKILL')).toBe(true)
    await eventually(() => expect(process.state()).toMatchObject({ restarts: 1, ready: true }))
    expect(identityOf(process).pid).not.toBe(first.pid)
    expect(isAlive(first)).toBe(false)
  })

  test('that ends immediately is restarted with increasing pauses', async () => {
    start('exec date +%s%3N')
    const startsMs = await eventually(() => {
      const lines = log().trim().split('\n').map(Number)
      expect(lines.length).toBeGreaterThanOrEqual(4)
      return lines
    })
    // At least 0.1 s, 0.2 s and 0.4 s; longer on a slow machine.
    const pausesMs = startsMs.slice(1).map((at, index) => at - must(startsMs[index]))
    for (const [index, ms] of [100, 200, 400].entries()) expect(pausesMs[index]).toBeGreaterThanOrEqual(ms * 0.95)
  })

  test('that cannot be started has the error in its log, and can be stopped', async () => {
    const process = start('', { command: join(dir, 'no-such-program') })
    await eventually(() => expect(log()).toMatch(/no-such-program/))
    await process.stop(100)
    expect(process.state().identity).toBeUndefined()
  })

  test('with a probe is not ready before its endpoint responds', async () => {
    const ready = { url: 'https://127.0.0.1:1/readyz', ca: join(dir, 'no-such-ca') }
    const process = start('exec sleep 60', { ready })
    await expect(process.whenReady(300)).rejects.toThrow(/script to be ready .*: not within 0.3 s/)
    expect(process.state().ready).toBe(false)
  })
})

describe('stopping', () => {
  test('sends SIGTERM first, so that the process can clean up', async () => {
    const process = start('trap "echo bye; exit 0" TERM; echo hello; while :; do sleep 0.05; done')
    await eventually(() => expect(log()).toContain('hello'))
    await process.stop(DEADLINE_MS)
    expect(log()).toContain('bye')
  })

  test('kills a process that ignores SIGTERM, after the grace period', async () => {
    const process = start('trap "" TERM; echo ignoring; while :; do sleep 0.05; done')
    await eventually(() => expect(log()).toContain('ignoring'))
    const identity = identityOf(process)
    await process.stop(200)
    expect(isAlive(identity)).toBe(false)
  })

  test('prevents a restart', async () => {
    const process = start('echo started; exec sleep 60')
    await eventually(() => expect(log()).toContain('started'))
    await process.stop(DEADLINE_MS)
    await expect(process.whenReady(DEADLINE_MS)).rejects.toThrow('was stopped')
    expect(log()).toBe('started\n')
  })

  test('during the pause before a restart takes effect immediately', async () => {
    const process = start('exit 1')
    await eventually(() => expect(process.state().restarts).toBeGreaterThanOrEqual(2))
    // The grace period is longer than a test may take.
    await process.stop(NEVER_MS)
    expect(process.state().identity).toBeUndefined()
  })
})

describe('an identity', () => {
  test('belongs to one process, not to a later one with the same PID', () => {
    const self = must(identify(process.pid))
    expect(isAlive(self)).toBe(true)
    const earlier = { ...self, startTime: '1' }
    expect(isAlive(earlier)).toBe(false)
    // If it did send the signal, it would end this process.
    expect(signalProcess(earlier, 'SIGKILL')).toBe(false)
  })

  test('is undefined for a PID that no process has', () => {
    expect(identify(4_194_305)).toBeUndefined()
  })
})
