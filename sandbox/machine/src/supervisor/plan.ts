import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessIdentity } from '../system/process-identity.ts'
import type { ProcessSpec, ProcessState } from './process.ts'

/** The processes that one supervisor keeps running. */
export interface SupervisorPlan {
  /** Folder of `plan.json`, `state.json` and `logs/`. */
  readonly dir: string
  readonly processes: readonly ProcessSpec[]
  /**
   * `parent`: when the process that started the supervisor ends, even by SIGKILL, the supervisor ends its processes and
   * removes `dir`. `detached`: the supervisor runs until it receives SIGTERM.
   */
  readonly lifetime: 'parent' | 'detached'
}

/** The content of `state.json`, which a supervisor writes after each change. */
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

/** Returns undefined if there is no state: nothing was started in `dir`, or it was removed. @throws Error if it is not JSON */
export function readState(dir: string): SupervisorState | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(dir), 'utf8')) as SupervisorState
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`${stateFile(dir)}: ${(error as Error).message}`, { cause: error })
  }
}

/** Writes a temporary file and renames it, so that a reader never sees incomplete content. */
export function writeState(dir: string, state: SupervisorState): void {
  const next = `${stateFile(dir)}.next`
  // Not secret, and the user must be able to read the state of a node, which root writes.
  writeFileSync(next, JSON.stringify(state, undefined, 2), { mode: 0o644 })
  renameSync(next, stateFile(dir))
}

function stateFile(dir: string): string {
  return join(dir, 'state.json')
}
