import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { randomOf, seedOf } from '@chat-app/testing'
import type { BusListener } from '../fanout/bus.ts'
import { Peers } from '../fanout/peers.ts'
import { PEER_HEARTBEAT_MS, SETTLE_MS } from '../support/limits.ts'
import { Rebalancer } from './rebalancer.ts'

const CLIENTS = 2000
const MINUTE_MS = 60_000
const seed = seedOf('REBALANCE_SEED')

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

interface Client {
  openedAtMs: number
  moves: number[]
}

/** Processes behind a proxy that places every client at random, and their Redis. */
class World {
  readonly pods: Pod[] = []
  readonly clients: Client[] = []
  readonly listeners: BusListener[] = []
  readonly random: () => number
  readonly percent: number
  hasRedis = true

  constructor(options: { seed: number; percent: number }) {
    this.random = randomOf(options.seed)
    this.percent = options.percent
  }

  /** Starts processes within some seconds. */
  async add(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      this.pods.push(new Pod(this))
      await vi.advanceTimersByTimeAsync(this.random() * PEER_HEARTBEAT_MS)
    }
  }

  connect(count: number): void {
    for (let i = 0; i < count; i += 1) {
      const client = { openedAtMs: 0, moves: [] }
      this.clients.push(client)
      this.place(client)
    }
  }

  place(client: Client): void {
    client.openedAtMs = performance.now()
    this.pods[Math.floor(this.random() * this.pods.length)]?.open.push(client)
  }

  get ratio(): number {
    const sizes = this.pods.map(({ size }) => size)
    return Math.max(...sizes) / Math.min(...sizes)
  }

  get moves(): number {
    return this.clients.reduce((sum, { moves }) => sum + moves.length, 0)
  }

  /** The most moves of one client in any hour. */
  get mostMoves(): number {
    const inHour = (moves: number[]) => (at: number) => moves.filter((move) => move >= at && move < at + 60 * MINUTE_MS)
    return Math.max(...this.clients.flatMap(({ moves }) => moves.map(inHour(moves)).map(({ length }) => length)), 0)
  }
}

/** A process, its connections in the order in which they were opened. */
class Pod {
  open: Client[] = []
  readonly rebalancer: Rebalancer
  readonly #world: World

  constructor(world: World) {
    this.#world = world
    const bus = {
      onEnvelope: (listener: BusListener) => void world.listeners.push(listener),
      subscribe: () => Promise.resolve(),
      publish: (...message: Parameters<BusListener>) => {
        if (world.hasRedis) for (const listener of world.listeners) listener(...message)
        return world.hasRedis
      },
    }
    const peers = new Peers({ bus, group: 'all' })
    this.rebalancer = new Rebalancer({ percent: world.percent, peers, sockets: this, isReady: async () => true })
    this.rebalancer.start()
  }

  get size(): number {
    return this.open.length
  }

  async move(count: number, isMovable: (openedAtMs: number) => boolean, periodMs: number): Promise<void> {
    for (const [index, client] of this.open
      .filter((one) => isMovable(one.openedAtMs))
      .slice(0, count)
      .entries()) {
      setTimeout(() => this.#close(client), (index * periodMs) / count)
    }
  }

  #close(client: Client): void {
    this.open.splice(this.open.indexOf(client), 1)
    client.moves.push(performance.now())
    // The reference client pauses for 50 to 100 ms.
    setTimeout(() => this.#world.place(client), 50 + 50 * this.#world.random())
  }
}

/**
 * Minutes until the fullest has 1.2 times the connections of the emptiest. A full process closes the share of its surplus, and of
 * the clients that it closes the part `full / all` connects to a full one again.
 */
function impliedMinutes({ full, all, percent }: { full: number; all: number; percent: number }): number {
  const mean = 1 / all
  const surplus = 1 / full - mean
  const rest = (0.2 * mean) / (1 + (1.2 * full) / (all - full))
  return Math.log(surplus / rest) / ((percent / 100) * (1 - full / all))
}

async function minutes(count: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(count * MINUTE_MS)
}

/** Clients on `full` processes, then a scale-out that nobody has reacted to yet. */
async function scaledOut({ full, all, percent }: { full: number; all: number; percent: number }): Promise<World> {
  const world = new World({ seed, percent })
  await world.add(full)
  await minutes(1)
  world.connect(CLIENTS)
  await minutes(3)
  await world.add(all - full)
  expect([world.moves, world.ratio]).toEqual([0, Infinity])
  return world
}

/** Waits until nothing moved for an hour. The last connections are slow: a share of a small surplus. @returns all moves */
async function untilStill(world: World): Promise<number> {
  for (let hours = 0; hours < 24; hours += 1) {
    const { moves } = world
    await minutes(60)
    if (world.moves === moves) return moves
  }
  throw new Error('connections still move after a day')
}

describe(`2,000 clients (REBALANCE_SEED=${seed})`, () => {
  const cases = [
    { full: 3, all: 6, percent: 50 },
    { full: 3, all: 6, percent: 10 },
    { full: 3, all: 4, percent: 20 },
    { full: 5, all: 6, percent: 50 },
    { full: 1, all: 6, percent: 20 },
  ]

  test.each(cases)(
    'on $full processes that become $all are even in the time of $percent %, then still',
    async (one) => {
      const world = await scaledOut(one)

      // The random placement of the clients that were closed takes up to half as long again.
      await minutes(SETTLE_MS / MINUTE_MS + 1.5 * impliedMinutes(one))
      expect(world.ratio).toBeLessThanOrEqual(1.3)

      const moves = await untilStill(world)
      await minutes(120)
      expect(world.moves).toBe(moves)
      expect(world.mostMoves).toBeLessThanOrEqual(2)
      expect(world.ratio).toBeLessThanOrEqual(1.3)
    },
  )

  test('are moved at most twice in an hour, however often processes are added', async () => {
    const world = await scaledOut({ full: 3, all: 4, percent: 50 })
    for (let i = 0; i < 6; i += 1) {
      await minutes(5)
      await world.add(1)
    }
    await minutes(60)
    expect(world.mostMoves).toBeLessThanOrEqual(2)

    const { moves } = world
    await minutes(60)
    expect(world.moves).toBe(moves)
  })

  test('stay while Redis is away, and go on when it is back', async () => {
    const world = await scaledOut({ full: 3, all: 6, percent: 50 })
    await minutes(2)
    world.hasRedis = false
    await minutes(0.5)
    const { moves } = world
    await minutes(30)
    expect([world.moves, world.ratio]).toEqual([moves, expect.toSatisfy((ratio: number) => ratio > 1.3)])

    world.hasRedis = true
    await minutes(15)
    expect(world.ratio).toBeLessThanOrEqual(1.3)
  })

  test('stay with 0 %, and nothing is sent', async () => {
    const world = await scaledOut({ full: 3, all: 6, percent: 0 })
    await minutes(60)
    expect([world.moves, world.listeners]).toEqual([0, []])
  })
})
