import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startRedisCluster, type RedisCluster } from '@chat-app/sandbox-servers'
import { call } from '../client/api.ts'
import { ChatClient, connect, count, createRoom, signToken, type Counts } from '../client/index.ts'
import { Database, statement } from '../src/store/database.ts'
import { Events } from '../src/store/events.ts'
import { REDIS_TIMEOUT_MS } from '../src/support/limits.ts'
import { eventually, uniqueName } from '@chat-app/testing'
import { CuttingProxy } from './cutting-proxy.ts'
import { PythonClient } from './python-client.ts'
import { openSocket, type RawSocket } from './raw-socket.ts'
import { JWT_SECRET as secret, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'
import { Viewer } from './viewer.ts'

const MESSAGES = 1000
/** Messages of one measurement. */
const SAMPLES = 15
const DRAIN_PERIOD_MS = 2000
/** A pod is killed this long after its drain period: `DRAIN_GRACE_SECONDS` of charts/chat. */
const DRAIN_GRACE_MS = 30_000
/** Timers of Node.js may fire a millisecond early. */
const TIMER_TOLERANCE_MS = 2
let store: Store
let redis: RedisCluster
let [api, one, two]: Service[] = []
const clients: ChatClient[] = []

beforeAll(async () => {
  ;[store, redis] = await Promise.all([openStore(), startRedisCluster({ nodeTimeoutMs: 1000 })])
  const env = {
    DATABASE_URL: store.mariaDb.url,
    REDIS_URL: redis.url,
    JWT_SECRET: secret,
    DRAIN_PERIOD_SECONDS: String(DRAIN_PERIOD_MS / 1000),
  }
  ;[api, one, two] = await Promise.all([
    startService('api', env),
    startService('websocket', env),
    startService('websocket', env),
  ])
})

// A client that connects again in a later test is one more connection of the process that this test drains.
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
})

afterAll(async () => {
  await Promise.all([api?.stop(), one?.stop(), two?.stop(), redis?.stop(), store?.[Symbol.asyncDispose]()])
})

interface Pair {
  readonly alice: ChatClient
  readonly bob: ChatClient
  readonly room: string
  counts(): Counts
}

/** Two users on two processes, in a room of their own. */
async function twoUsers(): Promise<Pair> {
  const { room } = await createRoom(api?.http ?? '', await store.token('owner'))
  const [alice, bob] = await Promise.all(
    [one, two].map(async (service) => {
      const token = await store.token()
      return connect(service?.ws ?? '', { token, retryMs: { first: 50, most: 500 } })
    }),
  )
  if (!alice || !bob) throw new Error('unreachable')
  clients.push(alice, bob)
  await Promise.all([alice.join(room), bob.join(room)])
  return { alice, bob, room, counts: () => count([alice.record, bob.record]) }
}

/** Both users send 1000 messages together, spread over some time. `during` runs once a third is acknowledged. */
async function exchange({ alice, bob, room }: Pair, during: () => Promise<void>): Promise<void> {
  let acknowledged = 0
  let disturbance: Promise<void> | undefined
  const sent: Promise<unknown>[] = []
  const sendOne = async (i: number) => {
    await (i % 2 ? alice : bob).send(room, `m${i}`)
    acknowledged += 1
    if (acknowledged === Math.floor(MESSAGES / 3)) disturbance = during()
  }
  for (let i = 0; i < MESSAGES; i += 1) {
    sent.push(sendOne(i))
    if (i % 20 === 0) await sleep(5)
  }
  await Promise.all(sent)
  await disturbance
}

/** The median time until a message is acknowledged. Only those of one run are compared: a slow machine delays all. */
async function acknowledgementMs({ alice, room }: Pair): Promise<number> {
  const took: number[] = []
  for (let i = 0; i < SAMPLES; i += 1) {
    const sentAt = performance.now()
    await alice.send(room, `sample ${i}`)
    took.push(performance.now() - sentAt)
  }
  return took.toSorted((a, b) => a - b)[Math.floor(SAMPLES / 2)] ?? Infinity
}

const allArrived: Counts = {
  sent: MESSAGES,
  acknowledged: MESSAGES,
  delivered: 2 * MESSAGES,
  lost: 0,
  duplicated: 0,
  reordered: 0,
}

test('a WebSocket process that is killed and started again loses, repeats and reorders nothing', async () => {
  const pair = await twoUsers()

  await exchange(pair, async () => {
    two?.kill('SIGKILL')
    await two?.exited()
    await two?.restart()
  })

  await eventually(() => expect(pair.counts()).toEqual(allArrived))
  expect(pair.bob.record.reconnects).toBeGreaterThan(0)
})

test('a WebSocket process that is drained closes with 1012 after its acknowledgements, and exits 0', async () => {
  const pair = await twoUsers()
  const codes: number[] = []
  pair.bob.on('disconnected', (code) => codes.push(code))

  await exchange(pair, async () => {
    two?.kill('SIGTERM')
    expect(await two?.exited()).toBe(0)
    await two?.restart()
  })

  await eventually(() => expect(pair.counts()).toEqual(allArrived))
  expect(codes[0]).toBe(1012)
})

interface LoggedDrain {
  readonly msg: string
  /** By the clock of the process; absent if the drain did not end in time. */
  readonly durationMs?: number
}

/** The drains in the log of the second process. */
function drains(): LoggedDrain[] {
  const lines = two?.output().split('\n') ?? []
  return lines.filter((line) => line.includes('"step":"drain"')).map((line) => JSON.parse(line) as LoggedDrain)
}

test('a drain closes the connections evenly over its period, and refuses new ones', async () => {
  const token = await store.token('crowd')
  const sockets = await Promise.all(Array.from({ length: 20 }, () => openSocket(two?.ws ?? '', { token })))
  const earlier = drains().length
  const startedAt = performance.now()
  const closed = Promise.all(
    sockets.map(async (socket) => ({ ...(await socket.closed()), at: performance.now() - startedAt })),
  )
  const newcomers: RawSocket[] = []

  two?.kill('SIGTERM')
  await eventually(() =>
    expect(openSocket(two?.ws ?? '', { token }).then((socket) => newcomers.push(socket))).rejects.toMatchObject({
      message: expect.stringContaining('HTTP 503'),
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    }),
  )
  expect(await two?.health('/actuator/health/readiness')).toMatchObject({
    status: 503,
    body: { status: 'OUT_OF_SERVICE' },
  })
  expect(await two?.health('/actuator/health/liveness')).toMatchObject({ status: 200 })
  expect(new Set((await closed).map(({ code }) => code))).toEqual(new Set([1012]))
  const times = (await closed).map(({ at }) => at).sort((a, b) => a - b)
  expect(await two?.exited()).toBe(0)
  await two?.restart()

  // One every 100 ms, less if others came before the signal was handled. A slow machine closes one late, but never early.
  const stepMs = DRAIN_PERIOD_MS / (sockets.length + newcomers.length)
  for (const [index, at] of times.entries()) {
    expect(at).toBeGreaterThanOrEqual(index * stepMs - TIMER_TOLERANCE_MS)
  }
  // Connections that are closed together arrive together, whenever that is.
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(DRAIN_PERIOD_MS / 4)
  await eventually(() => expect(drains()).toHaveLength(earlier + 1))
  const { msg, durationMs } = drains().at(-1) ?? {}
  expect(msg).toBe('shutdown step done')
  expect(durationMs).toBeLessThan(DRAIN_PERIOD_MS + DRAIN_GRACE_MS)
})

test('a master of the Redis Cluster that is killed loses, repeats and reorders nothing', async () => {
  const pair = await twoUsers()
  const [master] = await redis.masters()

  await exchange(pair, async () => {
    await master?.kill()
  })

  await eventually(() => expect(pair.counts()).toEqual(allArrived))
  await master?.start()
})

test('while Redis hangs or is down, messages are acknowledged and delivered from the database', async () => {
  const pair = await twoUsers()
  const withRedisMs = await acknowledgementMs(pair)
  for (const node of redis.nodes) node.pause()
  const hangingMs = await acknowledgementMs(pair)
  await Promise.all(redis.nodes.map((node) => node.kill()))
  const withoutRedisMs = await acknowledgementMs(pair)

  await eventually(() => expect(pair.bob.record.delivered).toHaveLength(3 * SAMPLES))
  // No acknowledgement waits for an answer of Redis.
  expect(Math.max(hangingMs, withoutRedisMs) - withRedisMs).toBeLessThan(REDIS_TIMEOUT_MS / 2)
  const { status, body } = (await two?.health()) ?? {}
  expect(status).toBe(200)
  expect(body?.components['redis']).toMatchObject({ status: 'DOWN' })
  for (const service of [api, one]) {
    const samples = await service?.metrics()
    expect(samples?.get('chat_health{component="redis"}')).toBe(0)
    expect(samples?.get('chat_health{component="db"}')).toBe(1)
  }

  await Promise.all(redis.nodes.map((node) => node.start()))
  await exchange(pair, () => Promise.resolve())
  const { sent, delivered, lost, duplicated, reordered } = pair.counts()
  await eventually(() => expect(pair.counts().lost).toBe(0))
  const all = MESSAGES + 3 * SAMPLES
  expect({ sent, duplicated, reordered }).toEqual({ sent: all, duplicated: 0, reordered: 0 })
  expect(delivered + lost).toBe(2 * all)
  // Redis delivers again: a message arrives although its process read nothing from the database.
  await eventually(async () => {
    const before = await two?.metrics()
    const received = once(pair.bob, 'event')
    await pair.alice.send(pair.room, 'with Redis')
    await received
    const after = await two?.metrics()
    expect(after?.get('chat_events_healed_total')).toBe(before?.get('chat_events_healed_total'))
  })
})

describe('a database that is killed and started again', () => {
  test('has every acknowledged message, and the clients send the others again', async () => {
    const pair = await twoUsers()

    await exchange(pair, async () => {
      await store.mariaDb.kill()
      await sleep(300)
      await store.mariaDb.start()
    })

    await eventually(() => expect(pair.counts()).toEqual(allArrived))
    const key = await store.rooms.key(pair.room)
    const events = new Events(store.database)
    const stored = new Set<string>()
    for (let after = 0; after < MESSAGES; after += 200) {
      for (const event of await events.after(key.id, after)) stored.add(`${event.seq} ${event.clientId}`)
    }
    for (const { sent } of [pair.alice.record, pair.bob.record]) {
      for (const { clientId, acknowledged } of sent) expect(stored).toContain(`${acknowledged?.seq} ${clientId}`)
    }
  })

  test('makes the processes not ready, with its address, while it is down; they stay alive and recover', async () => {
    await store.mariaDb.kill()
    const { port } = store.mariaDb

    await eventually(async () => {
      for (const service of [api, one]) {
        const { status, body } = (await service?.health('/actuator/health/readiness')) ?? {}
        expect(status).toBe(503)
        expect(body?.components['db']).toEqual({ status: 'DOWN' })
        expect((await service?.components())?.['db']).toEqual({
          status: 'DOWN',
          details: { error: `database 127.0.0.1:${port}: connect ECONNREFUSED` },
        })
        expect((await service?.health('/actuator/health/liveness'))?.status).toBe(200)
      }
    })
    const login = await fetch(`${api?.http}/api/users/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'alice', password: 'correct horse' }),
    })
    expect(login.status).toBe(503)
    expect(await login.text()).not.toContain('127.0.0.1')
    expect(login.headers.get('Retry-After')).toMatch(/^\d+$/)
    await expect(openSocket(one?.ws ?? '', { token: signToken(secret, 'alice') })).rejects.toMatchObject({
      message: expect.stringContaining('HTTP 503'),
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    })
    await store.mariaDb.start()
    await eventually(async () => expect((await one?.health('/actuator/health/readiness'))?.status).toBe(200))
  })

  test('is asked by a client at most 12 times in 15 s while it is down', async () => {
    const token = await store.token()
    const { room } = await createRoom(api?.http ?? '', token)
    // The process knows the token, so it accepts the connections, and cannot open the room.
    await (await connect(one?.ws ?? '', { token })).close()
    await store.mariaDb.kill()
    const client = new ChatClient(one?.ws ?? '', { token, retryMs: { first: 10, most: 500 } })
    clients.push(client)
    let opened = 0
    const waitedAtMs: number[] = []
    client.on('connected', () => (opened += 1)).on('waiting', () => waitedAtMs.push(performance.now()))
    const joined = client.join(room)

    await eventually(() => expect(waitedAtMs.length).toBeGreaterThan(12))
    expect(opened).toBeGreaterThan(6)
    // A tenth of the times of a client without options. A slow machine makes it only longer.
    expect((waitedAtMs[12] ?? 0) - (waitedAtMs[0] ?? 0)).toBeGreaterThan(1500)
    await store.mariaDb.start()
    await joined
  })

  test('is asked ever more rarely by clients that join one live room and not another, with a message to send', async () => {
    const token = await store.token()
    const name = uniqueName('python')
    const [live, other] = await Promise.all([1, 2].map(() => createRoom(api?.http ?? '', token)))
    if (!live || !other) throw new Error('unreachable')
    const client = await connect(one?.ws ?? '', { token, retryMs: { first: 10, most: 500 } })
    clients.push(client)
    await using python = await PythonClient.start(one?.ws ?? '', await store.token(name), name)
    await Promise.all([client.join(live.room), python.join(live.room)])
    await store.mariaDb.kill()
    const pausesMs: number[] = []
    client.on('waiting', (pauseMs) => pausesMs.push(pauseMs))
    const sent = client.send(live.room, 'while it is down')
    python.send(live.room, 'while it is down')
    const joined = [client.join(other.room), python.join(other.room)]

    await eventually(() => expect(pausesMs.length).toBeGreaterThan(6))
    for (const [index, pauseMs] of pausesMs.slice(0, 6).entries()) {
      expect(pauseMs).toBeGreaterThanOrEqual(5 * 2 ** index)
    }
    await eventually(() => expect(python.closedAtMs.length).toBeGreaterThan(5))
    const [first = 0, , , , , sixth = 0] = python.closedAtMs
    // At least 1.55 s by its own clock; with the first delay alone at most 0.5 s.
    expect(sixth - first).toBeGreaterThan(1200)
    await store.mariaDb.start()
    await Promise.all([sent, ...joined])
    await eventually(() => expect(python.record.sent[0]?.acknowledged).toBeDefined())
  })

  test('or hangs delays messages until it answers again', async () => {
    const pair = await twoUsers()
    store.mariaDb.pause()
    const sent = pair.alice.send(pair.room, 'while it hangs')
    await eventually(async () => expect((await one?.health())?.body.components['db']).toMatchObject({ status: 'DOWN' }))
    store.mariaDb.resume()

    await sent
    await eventually(() => expect(pair.counts()).toMatchObject({ acknowledged: 1, lost: 0, duplicated: 0 }))
  })
})

test('a client in Python, written from docs/protocol.md, loses, repeats and reorders nothing in any fault', async () => {
  const { room } = await createRoom(api?.http ?? '', await store.token('owner'))
  const name = uniqueName('python')
  await using ofAlice = await CuttingProxy.start(one?.port ?? 0)
  await using ofPython = await CuttingProxy.start(two?.port ?? 0)
  await using python = await PythonClient.start(ofPython.ws, await store.token(name), name)
  const alice = await connect(ofAlice.ws, { token: await store.token(uniqueName('alice')) })
  clients.push(alice)
  await Promise.all([alice.join(room), python.join(room)])
  const records = [alice.record, python.record]
  const isDown = async () => expect((await one?.health())?.body.components['db']).toMatchObject({ status: 'DOWN' })
  const faults: (() => Promise<unknown>)[] = [
    () => killed(two, 'SIGKILL'),
    () => killed(two, 'SIGTERM'),
    () => killed(one, 'SIGKILL'),
    async () => {
      // Connections end while they catch up: in the handshake, after `joined`, in one of the next events.
      // Each of them doubles the delay, up to 5 s.
      const sizes = Array.from({ length: 12 }, (_, index) => 100 + 90 * index)
      for (const proxy of [ofAlice, ofPython]) proxy.cut(sizes)
      await eventually(() => expect([ofAlice.cutsLeft, ofPython.cutsLeft]).toEqual([0, 0]))
    },
    async () => {
      for (const node of redis.nodes) node.pause()
      await bothStore()
      for (const node of redis.nodes) node.resume()
    },
    async () => {
      const [master] = await redis.masters()
      await master?.kill()
      await bothStore()
      await master?.start()
    },
    async () => {
      store.mariaDb.pause()
      await eventually(isDown)
      store.mariaDb.resume()
    },
    async () => {
      await store.mariaDb.kill()
      await eventually(isDown)
      await store.mariaDb.start()
    },
  ]
  /** Waits until a message of each that was sent from now on is stored. */
  const bothStore = async () => {
    const from = records.map(({ sent }) => sent.length)
    await eventually(() => {
      for (const [index, { sent }] of records.entries()) expect(sent[from[index] ?? 0]?.acknowledged).toBeDefined()
    })
  }

  const sent: Promise<unknown>[] = []
  const sending = setInterval(() => {
    if (records.some((record) => record.sent.filter(({ acknowledged }) => !acknowledged).length > 300)) return
    sent.push(alice.send(room, `m${sent.length}`))
    python.send(room, `p${sent.length}: 你好 \t`)
  }, 10)
  try {
    for (const fault of faults) {
      await fault()
      await bothStore()
    }
  } finally {
    clearInterval(sending)
  }
  await Promise.all(sent)

  const all = 2 * sent.length
  const complete = { sent: all, acknowledged: all, delivered: 2 * all, lost: 0, duplicated: 0, reordered: 0 }
  await eventually(() => expect(count(records)).toEqual(complete))
  expect(python.closed).toContain(1012)
  expect(python.closed.length).toBeGreaterThan(1)
})

async function killed(service: Service | undefined, signal: NodeJS.Signals): Promise<void> {
  service?.kill(signal)
  await service?.exited()
  await service?.restart()
}

test('a client that does not read receives "resume_needed" and resumes; the memory of the process stays bounded', async () => {
  const { room } = await createRoom(api?.http ?? '', await store.token('owner'))
  const reader = await openSocket(two?.ws ?? '', { token: await store.token('reader') })
  const { epoch } = await reader.ask({ type: 'join', room })
  const writer = await connect(one?.ws ?? '', { token: await store.token('writer') })
  clients.push(writer)
  await writer.join(room)
  reader.socket.pause()

  // 48 MB, far more than the bound of 1 MiB and the buffers of the kernel.
  const body = 'x'.repeat(16_000)
  const before = [await residentMiB(one?.pid() ?? 0), await residentMiB(two?.pid() ?? 0)] as const
  for (let i = 0; i < 30; i += 1) await Promise.all(Array.from({ length: 100 }, () => writer.send(room, body)))
  // Both processes handle the same events, and the garbage of them is collected later on a busy machine.
  const growth = [(await residentMiB(one?.pid() ?? 0)) - before[0], (await residentMiB(two?.pid() ?? 0)) - before[1]]
  expect(growth[1]).toBeLessThan(Math.max(growth[0] ?? 0, 0) + 32)
  reader.socket.resume()
  await reader.next('resume_needed')

  const seqs = () => reader.frames.flatMap((frame) => (frame.type === 'event' ? [frame['seq'] as number] : []))
  const seen = seqs().at(-1) ?? 0
  expect(seen).toBeLessThan(3000)
  reader.send({ type: 'join', room, after: { epoch, seq: seen } })
  await eventually(() => expect(seqs()).toHaveLength(3000))
  expect(seqs()).toEqual(Array.from({ length: 3000 }, (_, i) => i + 1))
  reader.socket.terminate()
})

async function residentMiB(pid: number): Promise<number> {
  const [, kiB] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kiB) / 1024
}

describe('a database that is restored without a new epoch, while clients are connected', () => {
  const viewers: Viewer[] = []
  afterAll(() => viewers.forEach((viewer) => viewer.close()))

  interface Shown {
    readonly slug: string
    readonly id: number
    readonly viewers: readonly Viewer[]
    /** Stores a message through the API or the first WebSocket process. */
    send(clientId: string): Promise<void>
  }

  /** A room with ten messages, which a user at each WebSocket process has received. */
  async function shownRoom(through: 'api' | 'websocket'): Promise<Shown> {
    const token = await store.token(uniqueName('sender'))
    const { room: slug } = await createRoom(api?.http ?? '', token)
    const open = await Promise.all(
      [one, two].map(async (service) => Viewer.open(service?.ws ?? '', await store.token(), slug)),
    )
    viewers.push(...open)
    const sender = await connect(one?.ws ?? '', { token })
    clients.push(sender)
    await sender.join(slug)
    const send = async (clientId: string) => {
      if (through === 'websocket') await sender.send(slug, clientId, clientId)
      else {
        const path = `/api/chat/rooms/${slug}/messages`
        await call(api?.http ?? '', 'POST', path, token, { clientId, body: clientId })
      }
    }
    for (let i = 1; i <= 10; i += 1) await send(`old${i}`)
    await eventually(() => open.forEach(({ content }) => expect(content).toHaveLength(10)))
    return { slug, id: (await store.rooms.key(slug)).id, viewers: open, send }
  }

  /** As a restore of a dump leaves it: the first five events. */
  async function restore({ id }: Shown): Promise<void> {
    await store.database.use(async (connection) => {
      await statement(connection, 'START TRANSACTION')
      await statement(connection, 'DELETE FROM room_events WHERE room = ? AND seq > 5', [id])
      await statement(connection, 'UPDATE rooms SET last_seq = 5 WHERE id = ?', [id])
      await statement(connection, 'COMMIT')
    })
  }

  const stored = async ({ id }: Shown) =>
    (await new Events(store.database).after(id, 0)).map(({ seq, clientId }) => `${seq} ${clientId}`)

  const raised = async () => {
    const samples = await Promise.all([one, two].map(async (service) => service?.metrics()))
    return samples.reduce((sum, sample) => sum + (sample?.get('chat_epochs_raised_total') ?? NaN), 0)
  }

  /** The old last number is 10: messages end before it, at it, and beyond it; and there are none. */
  const NEW_MESSAGES = [0, 2, 5, 8]

  test.for(['with Redis', 'without Redis'] as const)('is shown to every client as it is, %s', async (redisState) => {
    const rooms: { shown: Shown; count: number }[] = []
    for (const through of ['api', 'websocket'] as const) {
      for (const count of NEW_MESSAGES) rooms.push({ shown: await shownRoom(through), count })
    }
    const before = await raised()
    if (redisState === 'without Redis') await Promise.all(redis.nodes.map((node) => node.kill()))

    await Promise.all(
      rooms.map(async ({ shown, count }) => {
        await restore(shown)
        for (let i = 1; i <= count; i += 1) await shown.send(`new${i}`)
      }),
    )

    await eventually(async () => {
      for (const { shown, count } of rooms) {
        const content = await stored(shown)
        expect(content).toHaveLength(5 + count)
        for (const viewer of shown.viewers) expect([viewer.resets, viewer.content]).toEqual([1, content])
      }
    })
    expect((await raised()) - before).toBe(rooms.length)
    expect(one?.output() + (two?.output() ?? '')).toContain('the database has lost events that were delivered')
    if (redisState === 'without Redis') await Promise.all(redis.nodes.map((node) => node.start()))

    await Promise.all(rooms.map(({ shown }) => shown.send('last')))
    await eventually(async () => {
      for (const { shown } of rooms) {
        const content = await stored(shown)
        for (const viewer of shown.viewers) expect([viewer.resets, viewer.content]).toEqual([1, content])
      }
    })
  })

  test('is not what a read-only database is that is behind: no epoch is raised, and delivery goes on later', async () => {
    const shown = await shownRoom('api')
    const epoch = async () => (await store.rooms.heads([shown.id]))[0]?.epoch
    const [before, epochBefore] = [await raised(), await epoch()]
    const admin = new Database({ url: store.mariaDb.adminUrl, maxConnections: 5 })
    const events = await admin.query('SELECT * FROM room_events WHERE room = ? AND seq > 5', [shown.id])
    const attempts = () => one?.output().split('the epoch of a room cannot be raised').length ?? 0
    const attemptsBefore = attempts()
    await admin.execute('SET GLOBAL read_only = 1')
    try {
      await admin.execute('DELETE FROM room_events WHERE room = ? AND seq > 5', [shown.id])
      await admin.execute('UPDATE rooms SET last_seq = 5 WHERE id = ?', [shown.id])
      await eventually(() => expect(attempts()).toBeGreaterThanOrEqual(attemptsBefore + 2))
      await admin.query('INSERT INTO room_events VALUES ?', [events.map((event) => Object.values(event))])
      await admin.execute('UPDATE rooms SET last_seq = 10 WHERE id = ?', [shown.id])
    } finally {
      await admin.execute('SET GLOBAL read_only = 0')
      await admin.close()
    }

    await eventually(() => shown.send('last'))
    await eventually(() => shown.viewers.forEach(({ content }) => expect(content.at(-1)).toBe('11 last')))
    expect(await stored(shown)).toHaveLength(11)
    for (const viewer of shown.viewers) expect([viewer.resets, viewer.content]).toEqual([0, await stored(shown)])
    expect([await raised(), await epoch()]).toEqual([before, epochBefore])
  })
})
