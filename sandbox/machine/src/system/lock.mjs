// Plain JavaScript without packages: `npm ci` runs under this lock. The TypeScript of the sandbox uses the same one.
import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const LONGEST_WAIT_MS = 15 * 60_000
const POLL_MS = 100

/** See lock.d.mts. */
export async function withLock(path, work, options = {}) {
  mkdirSync(dirname(path), { recursive: true })
  // One process may ask twice, and each of its threads too.
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

async function acquire(path, own, { signal, longestWaitMs = LONGEST_WAIT_MS, onWait = () => {} }) {
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
          'end that process, or remove the file if it is another program',
      )
    await delay(POLL_MS)
  }
}

/** A hard link appears at once and with its content, and only if nothing is there. */
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
 * Removes the lock of a process that has ended; false while another process does that. Only who has the second lock may
 * remove the first, and looks again before: what two waiters saw as stale may be a fresh lock of one of them by now.
 */
function removeStale(path, own) {
  const guard = `${path}.takeover`
  if (!take(guard, own)) {
    const remover = holderOf(guard)
    // It was killed between two lines of what is below.
    if (remover !== undefined && !isAlive(remover)) rmSync(guard, { force: true })
    return false
  }
  try {
    const holder = holderOf(path)
    if (holder !== undefined && !isAlive(holder)) rmSync(path)
    return true
  } finally {
    rmSync(guard, { force: true })
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
