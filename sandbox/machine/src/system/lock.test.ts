import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withLock } from './lock.mjs'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lock-'))
  path = join(dir, 'lock')
})
afterEach(() => rmSync(dir, { recursive: true }))

/** Returns the PID of a process that has ended. */
const endedPid = (): string => execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim()

const WAITERS = 8
const ROUNDS = 25

/**
 * In each round, all waiters start at the same time with a lock whose process has ended. The one that holds the lock
 * creates a file that must not exist, and removes it. The others give up after 20 ms.
 */
const waiter = `
  import { openSync, closeSync, rmSync, existsSync, writeFileSync } from 'node:fs'
  import { withLock } from ${JSON.stringify(join(import.meta.dirname, 'lock.mjs'))}
  const [dir, rounds] = process.argv.slice(1)
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  const work = async () => {
    closeSync(openSync(dir + '/inside', 'wx'))
    await sleep(2)
    rmSync(dir + '/inside')
  }
  for (let round = 0; round < Number(rounds); round++) {
    while (!existsSync(dir + '/round-' + round)) await sleep(1)
    await withLock(dir + '/lock-' + round, work, { signal: AbortSignal.timeout(20) }).catch((error) => {
      if (error.name !== 'TimeoutError') throw error
    })
    writeFileSync(dir + '/done-' + round + '-' + process.pid, '')
  }`

test('of many waiters for the lock of an ended process, only one holds it at a time', async () => {
  const stale = endedPid()
  const script = ['--input-type=module', '-e', waiter, dir, String(ROUNDS)]
  const children = Array.from({ length: WAITERS }, () =>
    spawn(process.execPath, script, { stdio: ['ignore', 'ignore', 'pipe'] }),
  )
  const errors: string[] = []
  for (const child of children) child.stderr.on('data', (text) => errors.push(String(text)))
  const ends = children.map((child) => once(child, 'close') as Promise<[number | null]>)
  const doneOf = (round: number) => readdirSync(dir).filter((name) => name.startsWith(`done-${round}-`)).length
  for (let round = 0; round < ROUNDS && errors.length === 0; round++) {
    writeFileSync(join(dir, `lock-${round}`), stale)
    writeFileSync(join(dir, `round-${round}`), '')
    while (doneOf(round) < WAITERS && errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  if (errors.length > 0) for (const child of children) child.kill()
  await Promise.all(ends)
  expect(errors.join('')).toBe('')
  expect(readdirSync(dir).filter((name) => name.startsWith('lock'))).toEqual([])
})

test('two calls in one process hold the lock one after the other, and leave no file', async () => {
  const order: string[] = []
  const work = (name: string) => async () => {
    order.push(`${name} begins`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    order.push(`${name} ends`)
  }
  const held: number[] = []
  await Promise.all([withLock(path, work('one')), withLock(path, work('other'), { onWait: (pid) => held.push(pid) })])
  expect(order).toEqual(['one begins', 'one ends', 'other begins', 'other ends'])
  expect(held).toEqual([process.pid])
  expect(readdirSync(dir)).toEqual([])
})

test('a takeover whose process was killed is completed', async () => {
  writeFileSync(path, endedPid())
  writeFileSync(`${path}.takeover`, endedPid())
  expect(await withLock(path, () => readFileSync(path, 'utf8'))).toBe(String(process.pid))
  expect(readdirSync(dir)).toEqual([])
})

test('an aborted signal ends the wait, and its process keeps the lock', async () => {
  writeFileSync(path, String(process.pid))
  await expect(withLock(path, () => 'had it', { signal: AbortSignal.timeout(50) })).rejects.toThrow('timeout')
  expect(readdirSync(dir)).toEqual(['lock'])
})

test('after the longest wait, the error names the process that holds the lock', async () => {
  writeFileSync(path, String(process.pid))
  await expect(withLock(path, () => 'had it', { longestWaitMs: 1 })).rejects.toThrow(
    `${path}: process ${process.pid} has held this lock`,
  )
})

test('files of ended processes are removed with the lock that one of them left', async () => {
  const holder = endedPid()
  for (const name of ['lock', `lock.${holder}.aaaaaaaa`, `lock.${endedPid()}.bbbbbbbb`])
    writeFileSync(join(dir, name), holder)
  await withLock(path, async () => {})
  expect(readdirSync(dir)).toEqual([])
})
