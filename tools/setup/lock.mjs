import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const LONGEST_WAIT_MS = 15 * 60_000
const POLL_MS = 200

/** Runs `work` while no other process holds the lock file; one whose process is gone is taken over. */
export async function withLock(path, what, work) {
  mkdirSync(dirname(path), { recursive: true })
  const own = `${path}.${process.pid}`
  writeFileSync(own, String(process.pid))
  try {
    await acquire(path, own, what)
    try {
      return await work()
    } finally {
      rmSync(path, { force: true })
    }
  } finally {
    rmSync(own, { force: true })
  }
}

async function acquire(path, own, what) {
  const deadline = Date.now() + LONGEST_WAIT_MS
  let told = false
  while (!take(path, own)) {
    const holder = holderOf(path)
    if (holder === undefined) continue
    if (!isAlive(holder)) {
      removeStale(path, holder)
      continue
    }
    if (!told) console.error(`${what}: process ${holder} is at it already, waiting for it`)
    told = true
    if (Date.now() > deadline)
      throw new Error(`${path}: process ${holder} holds it for too long; end it, or remove the file`)
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

/** Moved away first: when another process was faster and the lock is its own by now, it is put back. */
function removeStale(path, holder) {
  const aside = `${path}.stale-${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (holderOf(aside) !== holder) take(path, aside)
  rmSync(aside, { force: true })
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
