import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessIdentity } from '../system/process-identity.ts'
import type { ProcessSpec, ProcessState } from './process.ts'

/** What one supervisor keeps running. */
export interface SupervisorPlan {
  /** Folder of `plan.json`, `state.json` and `logs/`. */
  readonly dir: string
  readonly processes: readonly ProcessSpec[]
  /**
   * `parent`: ends everything and removes `dir` when the process that started it goes, even by SIGKILL.
   * `detached`: outlives it; SIGTERM to the supervisor ends everything.
   */
  readonly lifetime: 'parent' | 'detached'
}

/** What a supervisor writes into `state.json` after each change. */
export interface SupervisorState {
  readonly supervisor: ProcessIdentity
  readonly processes: Readonly<Record<string, ProcessState>>
}

export function planFile(dir: string): string {
  return join(dir, 'plan.json')
}

export function logFile(dir: string, process: string): string {
  return join(dir, 'logs', `${process}.log`)
}

/** Undefined when there is none: nothing was started here, or it was removed. */
export function readState(dir: string): SupervisorState | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(dir), 'utf8')) as SupervisorState
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`${stateFile(dir)}: ${(error as Error).message}`, { cause: error })
  }
}

/** In one step, so that a reader never sees half of it. */
export function writeState(dir: string, state: SupervisorState): void {
  const next = `${stateFile(dir)}.next`
  // Numbers of processes are no secret, and a node's, written by root, are read by the user.
  writeFileSync(next, JSON.stringify(state, undefined, 2), { mode: 0o644 })
  renameSync(next, stateFile(dir))
}

function stateFile(dir: string): string {
  return join(dir, 'state.json')
}
