import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 100
/** Longer than the slowest work under a lock, a cold build of Kubernetes on one slow core. */
const maxWaitMs = 45 * 60_000

/**
 * Runs the work while no other process on this machine runs work under the same lock; a lock whose process is gone is taken over.
 * The signal ends the waiting for the lock, not the work.
 */
export async function locked<T>(folder: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  await acquire(folder, signal)
  try {
    return await work()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function acquire(folder: string, signal: AbortSignal | undefined): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true })
  const deadline = Date.now() + maxWaitMs
  while (!take(folder)) {
    signal?.throwIfAborted()
    if (Date.now() > deadline)
      throw new Error(`${folder}: still locked after ${maxWaitMs / 60_000} minutes; remove it if nothing else runs`)
    if (isStale(folder)) rmSync(folder, { recursive: true, force: true })
    else await sleep(pollMs)
  }
}

/** Making a folder is atomic: one process succeeds. */
function take(folder: string): boolean {
  try {
    mkdirSync(folder)
  } catch {
    return false
  }
  writeFileSync(join(folder, 'pid'), String(process.pid))
  return true
}

function isStale(folder: string): boolean {
  try {
    return !isAlive(Number(readFileSync(join(folder, 'pid'), 'utf8')))
  } catch {
    // No pid yet: its process was ended in between, or is about to write it.
    return (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) < Date.now() - 5_000
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
