import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FEATURE_SETTLE_MS } from '../support/limits.ts'
import type { Database } from './database.ts'
import { Features } from './features.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const KEY = Buffer.alloc(32, 1)

/** A database whose row was enabled `agoMs` ago, and undefined: that is not reached. */
function open(agoMs?: number | null, options: { key?: Buffer; isReadOnly?: boolean } = {}) {
  const server = { agoMs, key: options.key, asked: 0 }
  const database = {
    query: (sql: string) => {
      server.asked += 1
      if (sql.includes('hash_keys')) return Promise.resolve(server.key ? [{ hash_key: server.key }] : [])
      if (server.agoMs === undefined) return Promise.reject(new Error('not reached'))
      return Promise.resolve([{ ago_ms: server.agoMs }])
    },
    execute: () => {
      if (options.isReadOnly === true) return Promise.reject(new Error('read-only'))
      server.key ??= KEY
      return Promise.resolve()
    },
  } as unknown as Database
  return { server, features: new Features(database) }
}

const UNREAD = { code: 'unavailable', retryAfterSeconds: 1 }

test('nothing is taken for granted until the row has been read', async () => {
  const { server, features } = open()
  const ask = [() => features.isOn, () => features.isOnEverywhere]
  for (const each of ask) expect(each).toThrow(expect.objectContaining(UNREAD))
  await expect(features.load()).rejects.toThrow('not reached')
  for (const each of ask) expect(each).toThrow(expect.objectContaining(UNREAD))

  server.agoMs = null
  await features.load()
  expect(ask.map((each) => each())).toEqual([false, false])
})

test('its rules hold at once, and what is new begins when every process knows of it', async () => {
  const { features } = open(1000)
  await features.load()
  expect([features.isOn, features.isOnEverywhere]).toEqual([true, false])
  vi.advanceTimersByTime(FEATURE_SETTLE_MS - 1001)
  expect(features.isOnEverywhere).toBe(false)
  vi.advanceTimersByTime(1)
  expect(features.isOnEverywhere).toBe(true)
})

test('a server that is read-only gives the row, and the key if it has one', async () => {
  const { features } = open(9000, { key: KEY, isReadOnly: true })
  await features.load()
  expect([features.isOn, features.hashKey]).toEqual([true, KEY])

  const { features: without } = open(9000, { isReadOnly: true })
  await expect(without.load()).rejects.toThrow('read-only')
  expect([without.isOn, without.hashKey]).toEqual([true, undefined])
})

test('it is asked once a second until it is on and the key is known', async () => {
  const { server, features } = open(null)
  const errors: unknown[] = []
  features.follow((error) => errors.push(error))
  await vi.advanceTimersByTimeAsync(2000)
  expect(features.isOn).toBe(false)
  server.agoMs = 0
  await vi.advanceTimersByTimeAsync(1000)
  expect([features.isOn, features.hashKey]).toEqual([true, KEY])
  const { asked } = server
  await vi.advanceTimersByTimeAsync(5000)
  expect([server.asked, errors]).toEqual([asked, []])
})
