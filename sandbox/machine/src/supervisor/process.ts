import { spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync, closeSync, openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { onPath } from '../system/on-path.ts'
import { identify, signalProcess, type ProcessIdentity } from '../system/process-identity.ts'
import { isServing, type Probe } from './probe.ts'
import { waitFor } from '../system/wait.ts'

/** A process that a supervisor keeps running. */
export interface ProcessSpec {
  readonly name: string
  /** Path of the program. */
  readonly command: string
  readonly args: readonly string[]
  /** Variables, in addition to the environment of the supervisor. @default {} */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Names of processes that must be ready before this one starts for the first time. @default [] */
  readonly after?: readonly string[]
  /** Readiness probe. Without one, the process is ready as soon as it runs. */
  readonly ready?: Probe
}

/** The state of a supervised process. */
export interface ProcessState {
  /** Undefined while the process does not run. */
  readonly identity: ProcessIdentity | undefined
  /** Number of restarts after an unexpected end. */
  readonly restarts: number
  /** Whether the process became ready since its last start. */
  readonly ready: boolean
}

export interface SupervisedProcess {
  readonly spec: ProcessSpec
  state(): ProcessState
  /** Resolves when the process is ready. @throws Error after `timeoutMs`, or if the process was stopped */
  whenReady(timeoutMs: number): Promise<void>
  /** Sends SIGTERM, and SIGKILL after `graceMs`. Resolves when the process has ended. It is not restarted. */
  stop(graceMs: number): Promise<void>
}

export interface SuperviseOptions {
  /** Path of the file that standard output and standard error are appended to. */
  readonly logFile: string
  /** Called after each change of the state. */
  readonly onChange?: () => void
}

const FIRST_BACKOFF_MS = 100
const MAX_BACKOFF_MS = 5000
/** After a process has run this long, its backoff starts from the beginning. */
const STABLE_MS = 10_000

/** Starts the process and restarts it whenever it ends. The pause before a restart grows from 0.1 s to 5 s. */
export function supervise(spec: ProcessSpec, options: SuperviseOptions): SupervisedProcess {
  const stopping = new AbortController()
  const state = { identity: undefined as ProcessIdentity | undefined, restarts: 0, ready: false }
  const update = (change: Partial<typeof state>): void => {
    Object.assign(state, change)
    options.onChange?.()
  }
  const finished = keepRunning(spec, options.logFile, stopping.signal, update, () => state.restarts)
  return {
    spec,
    state: () => ({ ...state }),
    whenReady: async (timeoutMs) => {
      const what = `${spec.name} to be ready (see ${options.logFile})`
      await waitFor(() => state.ready || failWhenStopped(stopping.signal, spec), { timeoutMs, what })
    },
    stop: async (graceMs) => {
      stopping.abort()
      await end(() => state.identity, finished, graceMs)
    },
  }
}

async function keepRunning(
  spec: ProcessSpec,
  logFile: string,
  stopping: AbortSignal,
  update: (change: Partial<ProcessState>) => void,
  restarts: () => number,
): Promise<void> {
  let backoffMs = FIRST_BACKOFF_MS
  while (!stopping.aborted) {
    const startedAt = performance.now()
    const child = launch(spec, logFile)
    const ended = new AbortController()
    const exit = exited(child, logFile).finally(() => ended.abort())
    update({ identity: child.pid === undefined ? undefined : identify(child.pid), ready: false })
    void untilReady(spec, ended.signal).then((ready) => ready && update({ ready }))
    await exit
    update({ identity: undefined, ready: false })
    if (stopping.aborted) return
    if (performance.now() - startedAt > STABLE_MS) backoffMs = FIRST_BACKOFF_MS
    await delay(backoffMs, undefined, { signal: stopping }).catch(() => {})
    backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)
    if (!stopping.aborted) update({ restarts: restarts() + 1 })
  }
}

function launch(spec: ProcessSpec, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a', 0o600)
  const [command, args] = killedWithParent(spec)
  try {
    return spawn(command, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...spec.env },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    })
  } finally {
    closeSync(log)
  }
}

/** Resolves when the process has ended or could not be started. In the latter case the error is appended to its log. */
function exited(child: ChildProcess, logFile: string): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', (error) => {
      appendFileSync(logFile, `${error.message}\n`)
      resolve()
    })
  })
}

async function untilReady(spec: ProcessSpec, ended: AbortSignal): Promise<boolean> {
  while (!ended.aborted) {
    if (!spec.ready || (await isServing(spec.ready))) return !ended.aborted
    await delay(50, undefined, { signal: ended }).catch(() => {})
  }
  return false
}

async function end(
  identity: () => ProcessIdentity | undefined,
  finished: Promise<void>,
  graceMs: number,
): Promise<void> {
  const running = identity()
  if (running) signalProcess(running, 'SIGTERM')
  const grace = new AbortController()
  const killed = delay(graceMs, undefined, { signal: grace.signal }).then(
    () => running && signalProcess(running, 'SIGKILL'),
    () => {},
  )
  await finished
  grace.abort()
  await killed
}

function failWhenStopped(stopping: AbortSignal, spec: ProcessSpec): false {
  if (stopping.aborted) throw new Error(`${spec.name} was stopped before it was ready`)
  return false
}

/** With setpriv (util-linux), Linux kills the process when its parent ends, even if the parent was killed by SIGKILL. */
function killedWithParent(spec: ProcessSpec): [string, readonly string[]] {
  const setpriv = process.platform === 'linux' ? onPath('setpriv') : undefined
  return setpriv === undefined
    ? [spec.command, spec.args]
    : [setpriv, ['--pdeathsig', 'KILL', '--', spec.command, ...spec.args]]
}
