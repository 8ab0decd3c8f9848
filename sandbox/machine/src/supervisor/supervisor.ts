import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { limitLogs } from './log-limit.ts'
import { identify } from '../system/process-identity.ts'
import { supervise, type SupervisedProcess } from './process.ts'
import { HANG_MS } from '../system/wait.ts'
import { logFile, writeState, type SupervisorPlan } from './plan.ts'

const GRACE_MS = 3000
const LOG_CHECK_INTERVAL_MS = 30_000

/**
 * Runs a plan until SIGTERM, SIGINT or SIGHUP or, with the lifetime `parent`, until standard input is closed, which
 * happens whenever the process at its other end ends.
 */
export async function runSupervisor(plan: SupervisorPlan): Promise<void> {
  const self = identify(process.pid)
  if (!self) throw new Error(`cannot read the start time of process ${process.pid}`)
  mkdirSync(dirname(logFile(plan.dir, 'supervisor')), { recursive: true, mode: 0o700 })
  const running = new Map<string, SupervisedProcess>()
  const record = (): void => {
    const states = [...running].map(([name, process]) => [name, process.state()] as const)
    writeState(plan.dir, { supervisor: self, processes: Object.fromEntries(states) })
  }
  record()
  const end = endRequest(plan)
  const logs = setInterval(() => limitLogs(plan.dir), LOG_CHECK_INTERVAL_MS)
  const started = startAll(plan, running, record, end.signal)
  await end.promise
  clearInterval(logs)
  await started
  await stopAll(plan, running)
  if (plan.lifetime === 'parent') rmSync(plan.dir, { recursive: true, force: true })
}

/** Starts the processes in order, each once the processes in its `after` field are ready. */
async function startAll(
  plan: SupervisorPlan,
  running: Map<string, SupervisedProcess>,
  record: () => void,
  ending: AbortSignal,
): Promise<void> {
  for (const spec of plan.processes) {
    for (const name of spec.after ?? []) {
      const ready = running.get(name)?.whenReady(HANG_MS) ?? Promise.resolve()
      await Promise.race([ready.catch(() => {}), aborted(ending)])
    }
    if (ending.aborted) return
    running.set(spec.name, supervise(spec, { logFile: logFile(plan.dir, spec.name), onChange: record }))
    record()
  }
}

/** In reverse order, so that no process logs errors about one that it depends on. */
async function stopAll(plan: SupervisorPlan, running: ReadonlyMap<string, SupervisedProcess>): Promise<void> {
  for (const { name } of plan.processes.toReversed()) await running.get(name)?.stop(GRACE_MS)
}

function endRequest(plan: SupervisorPlan): { promise: Promise<void>; signal: AbortSignal } {
  const ending = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => ending.abort())
  if (plan.lifetime === 'parent') process.stdin.on('close', () => ending.abort()).resume()
  return { promise: aborted(ending.signal), signal: ending.signal }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

if (import.meta.main) {
  const [path] = process.argv.slice(2)
  if (path === undefined) throw new Error('usage: supervisor.ts PLAN_FILE')
  await runSupervisor(JSON.parse(readFileSync(path, 'utf8')) as SupervisorPlan)
  // Standard input may still be open.
  process.exit(0)
}
