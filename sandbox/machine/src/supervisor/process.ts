import { spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync, closeSync, openSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { onPath } from '../system/on-path.ts'
import { identify, signalProcess, type ProcessIdentity } from '../system/process-identity.ts'
import { answers, type Probe } from './probe.ts'
import { waitFor } from '../system/wait.ts'

/** A process that is kept running. */
export interface ProcessSpec {
  readonly name: string
  /** Path of the program. */
  readonly command: string
  readonly args: readonly string[]
  /** Added to the environment of the supervisor. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Names of processes that must be ready before this one starts for the first time. */
  readonly after?: readonly string[]
  /** Without one a process is ready as soon as it runs. */
  readonly ready?: Probe
}

/** What is known of a supervised process at this moment. */
export interface ProcessState {
  readonly identity: ProcessIdentity | undefined
  /** How often it was started again after an end nobody asked for. */
  readonly restarts: number
  /** Whether it has been ready since its latest start. */
  readonly ready: boolean
}

export interface SupervisedProcess {
  readonly spec: ProcessSpec
  state(): ProcessState
  /** Resolves when it is ready; rejects when the time is over or it was stopped. */
  whenReady(timeoutMs: number): Promise<void>
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone, and it stays so. */
  stop(graceMs: number): Promise<void>
}

export interface SuperviseOptions {
  /** Path that standard output and error are appended to. */
  readonly logFile: string
  /** Called after each change of the state. */
  readonly onChange?: () => void
}

const FIRST_BACKOFF_MS = 100
const LONGEST_BACKOFF_MS = 5000
/** A process that ran this long starts its backoff anew. */
const STEADY_MS = 10_000

/** Starts the process and starts it again whenever it ends, waiting 0.1 s at first and at most 5 s. */
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
    void becomeReady(spec, ended.signal).then((ready) => ready && update({ ready }))
    await exit
    update({ identity: undefined, ready: false })
    if (stopping.aborted) return
    if (performance.now() - startedAt > STEADY_MS) backoffMs = FIRST_BACKOFF_MS
    await delay(backoffMs, undefined, { signal: stopping }).catch(() => {})
    backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)
    if (!stopping.aborted) update({ restarts: restarts() + 1 })
  }
}

function launch(spec: ProcessSpec, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a', 0o600)
  const [command, args] = dyingWithParent(spec)
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

/** Resolves when the process is gone, or could not be started at all; its log then says why. */
function exited(child: ChildProcess, logFile: string): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', (error) => {
      appendFileSync(logFile, `${error.message}\n`)
      resolve()
    })
  })
}

async function becomeReady(spec: ProcessSpec, ended: AbortSignal): Promise<boolean> {
  while (!ended.aborted) {
    if (!spec.ready || (await answers(spec.ready))) return !ended.aborted
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

/** Linux can end a process when the one that started it is gone, even by SIGKILL; setpriv (util-linux) asks for that. */
function dyingWithParent(spec: ProcessSpec): [string, readonly string[]] {
  const setpriv = process.platform === 'linux' ? onPath('setpriv') : undefined
  return setpriv === undefined
    ? [spec.command, spec.args]
    : [setpriv, ['--pdeathsig', 'KILL', '--', spec.command, ...spec.args]]
}
