import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually, must } from '@chat-app/testing'
import { onPath } from '../system/on-path.ts'
import { identify, isAlive, signalProcess, type ProcessIdentity } from '../system/process-identity.ts'
import type { ProcessSpec } from './process.ts'
import { stopAndRemove, startSupervisor, stopSupervisor } from './client.ts'
import { readState, writeState, type SupervisorPlan } from './plan.ts'

let dir: string
let parents: ChildProcess[]

beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'supervisor-')), 'sandbox')
  parents = []
})
afterEach(async () => {
  for (const parent of parents) parent.kill('SIGKILL')
  await stopAndRemove(dir)
  rmSync(join(dir, '..'), { recursive: true })
})

const sleeper = (name: string): ProcessSpec => ({ name, command: '/bin/sleep', args: ['60'] })
const plan = (lifetime: SupervisorPlan['lifetime'], ...names: string[]): SupervisorPlan => ({
  dir,
  lifetime,
  processes: names.map(sleeper),
})

/** Waits until this many processes of the plan run. */
const allRunning = (count: number): Promise<ProcessIdentity[]> =>
  eventually(() => {
    const found = Object.values(readState(dir)?.processes ?? {}).flatMap(
      ({ identity, ready }) => (ready && identity) || [],
    )
    expect(found.length).toBe(count)
    return found
  })

/** Starts a process that starts the supervisor, as a test run does. */
const startFromParent = (lifetime: SupervisorPlan['lifetime'] = 'parent'): ChildProcess => {
  const script = `import { startSupervisor } from ${JSON.stringify(join(import.meta.dirname, 'client.ts'))}
    await startSupervisor(${JSON.stringify(plan(lifetime, 'one', 'two'))})
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
  parents.push(parent)
  return parent
}

describe('a supervisor', () => {
  test('records itself and its processes', async () => {
    const supervisor = await startSupervisor(plan('detached', 'one', 'two'))
    expect(isAlive(supervisor)).toBe(true)
    const processes = await allRunning(2)
    expect(processes.every(isAlive)).toBe(true)
  })

  test('starts a process after those in its `after` field', async () => {
    const log = join(dir, 'logs', 'second.log')
    const [first, second] = [sleeper('first'), { ...sleeper('second'), after: ['first'] }]
    const neverReady = { url: 'https://127.0.0.1:1/', ca: '/none' }
    await startSupervisor({ dir, lifetime: 'detached', processes: [{ ...first, ready: neverReady }, second] })
    await eventually(() => expect(readState(dir)?.processes['first']?.identity).toBeDefined())
    expect(existsSync(log)).toBe(false)
    expect(readState(dir)?.processes['second']).toBeUndefined()
  })

  test('ends everything when it is stopped, and can be stopped twice', async () => {
    const supervisor = await startSupervisor(plan('detached', 'one', 'two'))
    const processes = await allRunning(2)
    await stopSupervisor(dir)
    expect([supervisor, ...processes].some(isAlive)).toBe(false)
    await stopSupervisor(dir)
  })

  test('restarts a killed process under the same name', async () => {
    await startSupervisor(plan('detached', 'one'))
    const [first] = await allRunning(1)
    signalProcess(must(first), 'SIGKILL')
    await eventually(() => expect(readState(dir)?.processes['one']).toMatchObject({ restarts: 1, ready: true }))
  })

  test('reports the reason if it cannot start', async () => {
    // The supervisor writes its state to this path, which it then renames.
    mkdirSync(join(dir, 'state.json.next'), { recursive: true })
    await expect(startSupervisor(plan('detached', 'one'))).rejects.toThrow(/ended during its start:[\s\S]*EISDIR/)
  })
})

describe('when the parent process is killed', () => {
  test('all processes end, and no file is left', async () => {
    const parent = startFromParent()
    const processes = await allRunning(2)
    parent.kill('SIGKILL')
    await eventually(() => expect(processes.filter(isAlive)).toEqual([]))
    await eventually(() => expect(existsSync(dir)).toBe(false))
  })

  test('a detached supervisor keeps running', async () => {
    const parent = startFromParent('detached')
    const processes = await allRunning(2)
    parent.kill('SIGKILL')
    await eventually(() => expect(parent.signalCode).toBe('SIGKILL'))
    const { supervisor } = must(readState(dir))
    // It still works if it restarts a killed process.
    signalProcess(must(processes[0]), 'SIGKILL')
    await eventually(() => expect(readState(dir)?.processes['one']).toMatchObject({ restarts: 1, ready: true }))
    expect(isAlive(supervisor)).toBe(true)
  })
})

describe('after a crash of the supervisor', () => {
  test.runIf(process.platform === 'linux' && onPath('setpriv'))('its processes end with it', async () => {
    const supervisor = await startSupervisor(plan('detached', 'one', 'two'))
    const processes = await allRunning(2)
    signalProcess(supervisor, 'SIGKILL')
    await eventually(() => expect(processes.filter(isAlive)).toEqual([]))
  })

  test('the remaining processes are found in its state, and ended', async () => {
    const orphan = spawn('/bin/sleep', ['60'])
    const identity = must(identify(must(orphan.pid)))
    const supervisor = await startSupervisor(plan('detached', 'one'))
    await allRunning(1)
    signalProcess(supervisor, 'SIGKILL')
    await eventually(() => expect(isAlive(supervisor)).toBe(false))
    writeState(dir, { supervisor, processes: { orphan: { identity, restarts: 0, ready: true } } })
    await stopAndRemove(dir)
    expect(isAlive(identity)).toBe(false)
    expect(existsSync(dir)).toBe(false)
  })

  test('a process that only has the same PID as a recorded one is not ended', async () => {
    const stranger = spawn('/bin/sleep', ['60'])
    parents.push(stranger)
    const identity = must(identify(must(stranger.pid)))
    await startSupervisor(plan('detached'))
    const { supervisor } = must(readState(dir))
    await stopSupervisor(dir)
    const recorded = { ...identity, startTime: '1' }
    writeState(dir, { supervisor, processes: { stranger: { identity: recorded, restarts: 0, ready: true } } })
    await stopAndRemove(dir)
    expect(isAlive(identity)).toBe(true)
  })
})

test('the error for a state that cannot be parsed names the file', () => {
  const path = join(dir, '..', 'state.json')
  writeFileSync(path, '{')
  expect(() => readState(join(dir, '..'))).toThrow(path)
})
