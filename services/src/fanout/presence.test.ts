import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Ephemeral } from './ephemeral.ts'
import { MAX_WATCHED_USERS_OF_USER } from '../support/limits.ts'
import { Presence } from './presence.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

type Listener = (channel: string, message: Ephemeral) => void

/** A Redis in memory, and what was published. */
function redis() {
  const channels = new Map<string, Set<Listener[]>>()
  const published: Ephemeral[] = []
  const state = { isDown: false }
  const open = () => {
    const listeners: Listener[] = []
    const names: string[] = []
    return {
      onEphemeral: (listener: Listener) => void listeners.push(listener),
      subscribe: (...added: readonly string[]) => {
        for (const name of added) {
          names.push(name)
          channels.set(name, (channels.get(name) ?? new Set()).add(listeners))
        }
        return Promise.resolve()
      },
      unsubscribe: (...ended: readonly string[]) => {
        for (const name of ended) {
          names.splice(names.indexOf(name), 1)
          if (!names.includes(name)) channels.get(name)?.delete(listeners)
        }
      },
      publishEphemeral: (name: string, message: Ephemeral) => {
        if (state.isDown) return false
        published.push(message)
        const receivers = [...(channels.get(name) ?? [])]
        queueMicrotask(() => receivers.forEach((all) => all.forEach((listener) => listener(name, message))))
        return true
      },
      /** The process is gone: it hears nothing more. */
      cut: () => channels.forEach((subscribers) => subscribers.delete(listeners)),
    }
  }
  return { open, published, state }
}

const names = { of: (purpose: string, id: string | number) => `${purpose}:${id}` }

function process(bus: ReturnType<ReturnType<typeof redis>['open']>): Presence {
  const presence = new Presence({ bus, names })
  presence.start()
  return presence
}

/** Watches users, and has the states that it was told, one after the other. */
function watch(presence: Presence, ...users: string[]) {
  const told: string[] = []
  const watcher = { user: 'watcher', onPresence: (user: string) => void told.push(`${user} ${presence.stateOf(user)}`) }
  presence.watch(watcher, new Set(users), new Set())
  return { told, watcher }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test('who is connected to any process is online within a second, others are offline', async () => {
  const { open } = redis()
  const [here, there] = [process(open()), process(open())]
  there.connected('alice')
  here.connected('bob')
  await pass(1)
  const { told } = watch(here, 'alice', 'bob', 'carol')

  await pass(1000)
  expect(['alice', 'bob', 'carol', 'dave'].map((user) => here.stateOf(user))).toEqual([
    'online',
    'online',
    'offline',
    'unknown',
  ])
  expect(told.toSorted()).toEqual(['alice online', 'bob online'])
})

test('a page that is loaded again 20 times tells nobody anything, and leaving tells it once', async () => {
  const { open, published } = redis()
  const [here, there] = [process(open()), process(open())]
  there.connected('alice')
  await pass(1)
  const { told } = watch(here, 'alice')
  await pass(1000)
  expect(told).toEqual(['alice online'])

  const before = published.filter(({ is }) => is === 'here' || is === 'gone').length
  for (let i = 0; i < 20; i += 1) {
    there.disconnected('alice')
    await pass(100)
    there.connected('alice')
  }
  await pass(10_000)
  expect(published.filter(({ is }) => is === 'here' || is === 'gone')).toHaveLength(before)
  there.disconnected('alice')
  await pass(4000)
  expect(told).toEqual(['alice online'])
  await pass(2000)
  expect(told).toEqual(['alice online', 'alice offline'])
})

test('the users of a process that was killed are offline within 60 s, and nobody else', async () => {
  const { open } = redis()
  const dead = open()
  const [here, other] = [process(open()), process(open())]
  const killed = process(dead)
  const users = Array.from({ length: 50 }, (_, i) => `user${i}`)
  for (const user of users) (Number(user.slice(4)) % 2 ? killed : other).connected(user)
  killed.connected('both')
  other.connected('both')
  await pass(1)
  watch(here, ...users, 'both')
  await pass(20_000)
  expect(users.filter((user) => here.stateOf(user) === 'online')).toHaveLength(50)

  dead.cut()
  dead.publishEphemeral = () => false
  await pass(25_000)
  const online = users.filter((user) => here.stateOf(user) === 'online')
  expect(online).toEqual(users.filter((_, i) => i % 2 === 0))
  expect(here.stateOf('both')).toBe('online')
})

test('nobody goes offline because Redis is away', async () => {
  const { open, state } = redis()
  const [here, there] = [process(open()), process(open())]
  there.connected('alice')
  await pass(1)
  watch(here, 'alice')
  await pass(1000)
  state.isDown = true
  await pass(600_000)
  state.isDown = false
  await pass(10_000)
  expect(here.stateOf('alice')).toBe('online')
})

test('a lost farewell has an end', async () => {
  const { open } = redis()
  const bus = open()
  const [here, there] = [process(open()), process(bus)]
  there.connected('alice')
  there.connected('bob')
  await pass(1)
  watch(here, 'alice')
  await pass(1000)
  const { publishEphemeral } = bus
  bus.publishEphemeral = (name, message) => message.is !== 'gone' && publishEphemeral(name, message)
  there.disconnected('alice')
  await pass(10_000)
  expect(here.stateOf('alice')).toBe('online')
  await pass(240_000)
  expect(here.stateOf('alice')).toBe('offline')
})

test('who is no longer watched costs nothing', async () => {
  const { open, published } = redis()
  const here = process(open())
  const { watcher } = watch(here, 'alice', 'bob')
  here.watch(watcher, new Set(), new Set(['alice', 'bob']))
  await pass(1)
  published.splice(0)
  await pass(120_000)
  expect(published.filter(({ is }) => is === 'who')).toEqual([])
  expect(here.stateOf('alice')).toBe('unknown')
})

test('the users of one watch are subscribed with one call, and given up with one', async () => {
  const bus = redis().open()
  const subscribed: (readonly string[])[] = []
  const { subscribe } = bus
  bus.subscribe = (...names) => (subscribed.push(names), subscribe(...names))
  const unsubscribe = vi.spyOn(bus, 'unsubscribe')
  const here = process(bus)
  await pass(1)
  const users = Array.from({ length: 200 }, (_, i) => `user${i}`)
  const channels = users.map((user) => `presence:${user}`)
  const { watcher } = watch(here, ...users)
  await pass(1)
  expect(subscribed.filter((names) => names.includes('presence:user0'))).toEqual([channels])
  here.watch(watcher, new Set(), new Set(users))
  expect(unsubscribe.mock.calls).toEqual([channels])
})

test('one user watches a share of all places, and has it again after leaving', () => {
  const here = process(redis().open())
  const users = Array.from({ length: MAX_WATCHED_USERS_OF_USER + 1 }, (_, i) => `user${i}`)
  const last = users.at(-1) ?? ''
  const { watcher } = watch(here, ...users)
  expect([here.stateOf('user0'), here.stateOf(last)]).toEqual(['offline', 'unknown'])

  here.watch({ user: 'other', onPresence: () => undefined }, new Set([last]), new Set())
  expect(here.stateOf(last)).toBe('offline')
  here.watch(watcher, new Set(['new']), new Set(users))
  expect([here.stateOf('user0'), here.stateOf('new'), here.stateOf(last)]).toEqual(['unknown', 'offline', 'offline'])
})
