import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, signalProcess, type ProcessIdentity } from '../system/process-identity.ts'
import { logFile, planFile, readState, type SupervisorPlan, type SupervisorState } from './plan.ts'
import { waitFor } from '../system/wait.ts'

/** The folder of this package. It contains all files that the supervisor's program needs. */
export const PACKAGE_FOLDER = join(import.meta.dirname, '..', '..')
const SUPERVISOR_PROGRAM = join(import.meta.dirname, 'supervisor.ts')

/**
 * Starts a supervisor in a new session, so that Ctrl-C of the terminal does not end it. Resolves when the supervisor
 * has written its state.
 *
 * @throws Error with the end of the supervisor's log if it ends before that
 */
export async function startSupervisor(plan: SupervisorPlan): Promise<ProcessIdentity> {
  mkdirSync(join(plan.dir, 'logs'), { recursive: true, mode: 0o700 })
  writeFileSync(planFile(plan.dir), JSON.stringify(plan, undefined, 2), { mode: 0o600 })
  const log = openSync(logFile(plan.dir, 'supervisor'), 'a', 0o600)
  const child = spawn(process.execPath, [SUPERVISOR_PROGRAM, planFile(plan.dir)], {
    detached: true,
    stdio: [plan.lifetime === 'parent' ? 'pipe' : 'ignore', log, log],
  })
  closeSync(log)
  let failed = false
  child.once('exit', () => (failed = true)).once('error', () => (failed = true))
  child.unref()
  const state = await waitFor(() => readState(plan.dir) ?? (failed && failedToStart(plan.dir)), {
    what: `supervisor of ${plan.dir} to start`,
  })
  unrefPipe(child.stdin)
  return state.supervisor
}

/** Ends a supervisor and all its processes, including those that a crashed supervisor left. Removes no files. */
export async function stopSupervisor(dir: string): Promise<void> {
  const state = readState(dir)
  if (!state) return
  if (signalProcess(state.supervisor, 'SIGTERM')) {
    const end = { what: `supervisor ${state.supervisor.pid} of ${dir} to end` }
    await waitFor(() => !isAlive(state.supervisor), end).catch(() => signalProcess(state.supervisor, 'SIGKILL'))
  }
  await killRemaining(readState(dir) ?? state)
}

/** Ends the supervisor in `dir` and its processes, and removes `dir`. Does nothing if `dir` does not exist. */
export async function stopAndRemove(dir: string): Promise<void> {
  await stopSupervisor(dir)
  rmSync(dir, { recursive: true, force: true })
}

/** Returns the last lines of a process's log, for an error message; empty if there is no log. */
export function logTail(dir: string, name: string, lines = 10): string {
  try {
    return readFileSync(logFile(dir, name), 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return ''
  }
}

async function killRemaining(state: SupervisorState): Promise<void> {
  const left = Object.values(state.processes).flatMap(({ identity }) => identity ?? [])
  for (const identity of left) signalProcess(identity, 'SIGKILL')
  const what = `processes ${left.map(({ pid }) => pid).join(', ')} to end`
  await waitFor(() => !left.some(isAlive), { what })
}

function failedToStart(dir: string): never {
  throw new Error(`the supervisor of ${dir} ended during its start:\n${logTail(dir, 'supervisor')}`)
}

/** The pipe must stay open until this process ends, but must not keep this process running. */
function unrefPipe(pipe: unknown): void {
  const handle = pipe as { unref?: () => void } | null
  handle?.unref?.()
}
