import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, signalProcess, type ProcessIdentity } from '../system/process-identity.ts'
import { logFile, planFile, readState, type SupervisorPlan, type SupervisorState } from './plan.ts'
import { waitFor } from '../system/wait.ts'

/** The folder of this package: all that the supervisor's program needs, wherever it is mounted. */
export const PACKAGE = join(import.meta.dirname, '..', '..')
const SUPERVISOR = join(import.meta.dirname, 'supervisor.ts')

/** Starts a supervisor in a session of its own (no terminal's Ctrl-C reaches it); resolves when it has recorded itself. */
export async function startSupervisor(plan: SupervisorPlan): Promise<ProcessIdentity> {
  mkdirSync(join(plan.dir, 'logs'), { recursive: true, mode: 0o700 })
  writeFileSync(planFile(plan.dir), JSON.stringify(plan, undefined, 2), { mode: 0o600 })
  const log = openSync(logFile(plan.dir, 'supervisor'), 'a', 0o600)
  const child = spawn(process.execPath, [SUPERVISOR, planFile(plan.dir)], {
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

/** Ends a supervisor and all its processes, also those a crashed one has left. Removes nothing. */
export async function stopSupervisor(dir: string): Promise<void> {
  const state = readState(dir)
  if (!state) return
  if (signalProcess(state.supervisor, 'SIGTERM')) {
    const gone = { what: `supervisor ${state.supervisor.pid} of ${dir} to end` }
    await waitFor(() => !isAlive(state.supervisor), gone).catch(() => signalProcess(state.supervisor, 'SIGKILL'))
  }
  await killLeft(readState(dir) ?? state)
}

/** Ends what is left in `dir` of a run before, and removes it. */
export async function removeLeft(dir: string): Promise<void> {
  await stopSupervisor(dir)
  rmSync(dir, { recursive: true, force: true })
}

/** The last lines of a process's log, for an error message. */
export function logTail(dir: string, name: string, lines = 10): string {
  try {
    return readFileSync(logFile(dir, name), 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return ''
  }
}

async function killLeft(state: SupervisorState): Promise<void> {
  const left = Object.values(state.processes).flatMap(({ identity }) => identity ?? [])
  for (const identity of left) signalProcess(identity, 'SIGKILL')
  const what = `processes ${left.map(({ pid }) => pid).join(', ')} to end`
  await waitFor(() => !left.some(isAlive), { what })
}

function failedToStart(dir: string): never {
  throw new Error(`the supervisor of ${dir} ended at once:\n${logTail(dir, 'supervisor')}`)
}

/** The pipe must stay open as long as this process lives, but not keep it alive. */
function unrefPipe(pipe: unknown): void {
  const handle = pipe as { unref?: () => void } | null
  handle?.unref?.()
}
