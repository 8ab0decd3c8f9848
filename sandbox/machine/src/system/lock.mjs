// Plain JavaScript without packages, because `npm ci` itself runs under this lock.
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const MAX_WAIT_MS = 15 * 60_000
const POLL_MS = 100

/** See lock.d.mts. */
export async function withLock(path, work, options = {}) {
  mkdirSync(dirname(path), { recursive: true })
  // Several calls, also from threads, can have the same PID.
  const own = `${path}.${process.pid}.${randomUUID().slice(0, 8)}`
  writeFileSync(own, String(process.pid))
  try {
    await acquire(path, own, options)
    try {
      return await work()
    } finally {
      rmSync(path, { force: true })
    }
  } finally {
    rmSync(own, { force: true })
  }
}

async function acquire(path, own, { signal, longestWaitMs = MAX_WAIT_MS, onWait = () => {} }) {
  const deadline = Date.now() + longestWaitMs
  let isWaiting = false
  while (!take(path, own)) {
    signal?.throwIfAborted()
    const holder = holderOf(path)
    if (holder === undefined) continue
    if (!isAlive(holder) && removeStale(path, own)) continue
    if (!isWaiting) onWait(holder)
    isWaiting = true
    if (Date.now() > deadline)
      throw new Error(
        `${path}: process ${holder} has held this lock for ${Math.round(longestWaitMs / 60_000)} minutes; ` +
          'end that process, or remove the file if the process is an unrelated program',
      )
    await delay(POLL_MS)
  }
}

/** A hard link is created atomically, with its content, and fails if the path exists. */
function take(path, own) {
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function holderOf(path) {
  try {
    return Number(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Removes the lock of a process that has ended. Returns false while another process does that. Only the process that
 * holds a second lock may remove the first one, and it checks the first one again: after two waiters saw a stale lock,
 * one of them can already hold a new one.
 */
function removeStale(path, own) {
  const guard = `${path}.takeover`
  if (!take(guard, own)) {
    const remover = holderOf(guard)
    // The process was killed while it held the second lock.
    if (remover !== undefined && !isAlive(remover)) rmSync(guard, { force: true })
    return false
  }
  try {
    const holder = holderOf(path)
    if (holder !== undefined && !isAlive(holder)) rmSync(path)
    removeFilesOfEnded(path)
    return true
  } finally {
    rmSync(guard, { force: true })
  }
}

/** A process that was killed leaves its own file, whether it held the lock or waited for it. */
function removeFilesOfEnded(path) {
  const prefix = `${basename(path)}.`
  for (const name of readdirSync(dirname(path)).filter((each) => each.startsWith(prefix))) {
    const pid = Number(name.slice(prefix.length).split('.', 1)[0])
    if (Number.isInteger(pid) && !isAlive(pid)) rmSync(join(dirname(path), name), { force: true })
  }
}

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
