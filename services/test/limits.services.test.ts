import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { call, login, register } from '../client/api.ts'
import { createRoom } from '../client/index.ts'
import { CONNECTIONS_REPORT_KEPT_MS, REDIS_TIMEOUT_MS } from '../src/support/limits.ts'
import { eventually, must, uniqueName } from '@chat-app/testing'
import { openSocket, type RawOptions, type RawSocket } from './raw-socket.ts'
import { JWT_SECRET as secret, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'

let store: Store
let redis: RedisServer
let [api, ws]: Service[] = []
let env: Record<string, string>
const sockets: RawSocket[] = []

beforeAll(async () => {
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  env = {
    DATABASE_URL: store.mariaDb.url,
    REDIS_URL: redis.url,
    JWT_SECRET: secret,
    CONFIG_FILE: fileURLToPath(new URL('limits.yml', import.meta.url)),
  }
  ;[api, ws] = await Promise.all([startService('api', env), startService('websocket', env)])
})

afterEach(async () => {
  for (const { socket } of sockets) socket.terminate()
  await Promise.all(sockets.splice(0).map((socket) => socket.closed()))
})

afterAll(async () => {
  await Promise.all([api?.stop(), ws?.stop(), redis?.stop(), store?.[Symbol.asyncDispose]()])
})

async function open(options: RawOptions = {}, at = ws): Promise<RawSocket> {
  const socket = await openSocket(at?.ws ?? '', { token: await store.token(), ...options })
  sockets.push(socket)
  return socket
}

/** As in limits.yml. */
const HEARTBEAT = { intervalMs: 200, timeoutMs: 3000 }

test('searches for people and reports of messages are limited for a user', async () => {
  const token = await store.token()
  const ask = (method: string, path: string, body?: object) =>
    call(api?.http ?? '', method, `/api/chat/${path}`, token, body)
  const limited = { status: 429, code: 'rate_limited' }
  for (let i = 0; i < 3; i += 1) await ask('GET', 'people?query=x')
  await expect(ask('GET', 'people?query=x')).rejects.toMatchObject(limited)
  const other = await store.token()
  const report = () => call(api?.http ?? '', 'POST', '/api/chat/rooms/absent/messages/1/report', other, { reason: 'x' })
  for (let i = 0; i < 2; i += 1) await expect(report()).rejects.toMatchObject({ status: 404 })
  await expect(report()).rejects.toMatchObject({ ...limited, message: expect.stringContaining('2 an hour') })
})

describe('a client', () => {
  test('that exceeds its rate is slowed down, and its messages stay in order', async () => {
    const { slug } = await store.room()
    const socket = await open()
    await socket.ask({ type: 'join', room: slug })

    const startedAt = Date.now()
    for (let i = 0; i < 25; i += 1) socket.send({ type: 'send', room: slug, clientId: `c${i}`, body: `m${i}` })
    await eventually(() => expect(socket.frames.filter(({ type }) => type === 'ack')).toHaveLength(25))

    // The join and four messages used up the burst of 5; the other 21 went at 20 a second.
    expect(Date.now() - startedAt).toBeGreaterThan(900)
    const order = socket.frames.flatMap((frame) => (frame.type === 'ack' ? [frame['clientId']] : []))
    expect(order).toEqual(Array.from({ length: 25 }, (_, i) => `c${i}`))
    expect(socket.frames.some(({ type }) => type === 'error')).toBe(false)
  })

  test('with three connections has the rate of one', async () => {
    const { slug } = await store.room()
    const token = await store.token()
    const three = await Promise.all([open({ token }), open({ token }), open({ token })])
    await Promise.all(three.map((socket) => socket.ask({ type: 'join', room: slug })))

    const startedAt = performance.now()
    const clientIds = Array.from({ length: 21 }, (_, i) => `c${i}`)
    for (const [i, clientId] of clientIds.entries())
      three[i % 3]?.send({ type: 'send', room: slug, clientId, body: 'x' })
    const acks = () => three.flatMap(({ frames }) => frames.filter(({ type }) => type === 'ack'))
    await eventually(() => expect(acks()).toHaveLength(clientIds.length))

    // At most the burst of 5 was there; each connection for itself would have taken 300 ms.
    expect(performance.now() - startedAt).toBeGreaterThan(((clientIds.length - 5) / 20) * 1000 - 50)
    for (const { frames } of three) {
      const order = frames.flatMap((frame) =>
        frame.type === 'ack' ? [Number(String(frame['clientId']).slice(1))] : [],
      )
      expect(order).toEqual(order.toSorted((a, b) => a - b))
    }
  })

  test('that does not answer pings is disconnected', async () => {
    const socket = await open({ autoPong: false })
    expect(await socket.closed()).toMatchObject({ code: 1006 })
  })

  test('that answers pings and sends nothing stays connected', async () => {
    const socket = await open()
    let pings = 0
    socket.socket.on('ping', () => (pings += 1))
    await eventually(() => expect(pings).toBeGreaterThan((1.5 * HEARTBEAT.timeoutMs) / HEARTBEAT.intervalMs))
    expect(await socket.ask({ type: 'ping' })).toEqual({ type: 'pong' })
  })

  test('is disconnected with code 4401 when its token expires', async () => {
    const socket = await open({ token: await store.token('short', { lifetimeSeconds: 1 }) })
    expect(await socket.closed()).toEqual({ code: 4401, reason: 'the token has expired' })
  })

  test('beyond the number of connections of its user is refused until one is closed, and other users are not', async () => {
    await eventually(async () => expect((await ws?.metrics())?.get('chat_connections')).toBe(0))
    const token = await store.token()
    const [first] = await Promise.all([open({ token }), open({ token }), open({ token })])
    await expect(open({ token })).rejects.toMatchObject({
      message: expect.stringContaining('HTTP 429'),
      headers: { 'retry-after': '60' },
    })
    await open()
    first?.socket.terminate()
    await eventually(async () => expect((await ws?.metrics())?.get('chat_connections')).toBe(3))
    await open({ token })
  })

  test('is refused beyond the connections of its user to all processes, and without Redis to each', async () => {
    await eventually(async () => expect((await ws?.metrics())?.get('chat_connections')).toBe(0))
    const other = await startService('websocket', env)
    onTestFinished(() => other.stop())
    const token = await store.token()
    const refused = async (at = ws) => expect(open({ token }, at)).rejects.toThrow('HTTP 429')
    const [first] = [await open({ token }), await open({ token }), await open({ token }, other)]
    await refused(ws)
    await refused(other)
    first.socket.terminate()
    await eventually(() => open({ token }, other))
    await refused(ws)

    // What a killed process has reported counts until its deadline, which is over at once here.
    other.kill('SIGKILL')
    await other.exited()
    await refused(ws)
    const [key = ''] = (await redis.command('KEYS', 'chat:connections:*')).split('\n')
    const lifetimeMs = Number(await redis.command('PTTL', key))
    expect(lifetimeMs).toBeGreaterThan(0)
    expect(lifetimeMs).toBeLessThanOrEqual(CONNECTIONS_REPORT_KEPT_MS)
    const fields = (await redis.command('HGETALL', key)).split('\n')
    const gone = must(fields[fields.findIndex((value) => value.startsWith('2:')) - 1], 'the field of the other process')
    await redis.command('HSET', key, gone, '2:1')
    await Promise.all([open({ token }), open({ token })])
    await refused(ws)

    await other.restart()
    redis.pause()
    try {
      const alone = await store.token()
      await Promise.all([1, 2, 3].map(() => open({ token: alone }, other)))
      await expect(open({ token: alone }, other)).rejects.toThrow('HTTP 429')
      await open({ token: alone })
    } finally {
      redis.resume()
    }
  })

  test('beyond the number of connections is refused until one is free', async () => {
    await eventually(async () => expect((await ws?.metrics())?.get('chat_connections')).toBe(0))
    const [first] = await Promise.all([open(), open(), open(), open()])
    await expect(open()).rejects.toMatchObject({
      message: expect.stringContaining('HTTP 503 {"error":{"code":"unavailable"'),
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    })
    first?.socket.terminate()
    await eventually(() => open())
  })
})

describe('the API', () => {
  test('limits the rooms that a user creates in an hour', async () => {
    const create = async (user: string) => createRoom(api?.http ?? '', await store.token(user))
    const [user, other] = [uniqueName('user'), uniqueName('user')]
    await create(user)
    await create(user)
    await expect(create(user)).rejects.toMatchObject({
      status: 429,
      message: expect.stringContaining('more than 2 an hour'),
    })
    await create(other)
  })

  test('counts without Redis when that does not answer at once', async () => {
    const token = await store.token()
    const { slug } = await store.room()
    const join = () => call(api?.http ?? '', 'POST', `/api/chat/rooms/${slug}/join`, token)
    await join()
    redis.pause()
    const startedAt = performance.now()
    for (let i = 0; i < 5; i += 1) await join()
    expect(performance.now() - startedAt).toBeLessThan(REDIS_TIMEOUT_MS)
    await expect(join()).rejects.toMatchObject({ status: 429 })
    redis.resume()
  })

  test('limits the logins of a name, with Redis and without', async () => {
    const user = { name: uniqueName('user'), password: 'correct horse' }
    await register(api?.http ?? '', user)
    const attempts = async (name: string) => {
      const results = await Promise.allSettled(
        Array.from({ length: 5 }, () => login(api?.http ?? '', { ...user, name })),
      )
      return results.map((result) =>
        result.status === 'fulfilled' ? 200 : (result.reason as { status: number }).status,
      )
    }

    expect((await attempts(user.name)).filter((status) => status === 429)).toHaveLength(2)
    expect((await attempts(uniqueName('nobody'))).toSorted((a, b) => a - b)).toEqual([401, 401, 401, 429, 429])
    await redis.kill()
    expect((await attempts(uniqueName('nobody'))).toSorted((a, b) => a - b)).toEqual([401, 401, 401, 429, 429])
    await redis.start()
  })

  test('limits the requests of a user, and says when to try again', async () => {
    const token = await store.token()
    const { slug } = await store.room()
    for (let i = 0; i < 5; i += 1) await call(api?.http ?? '', 'POST', `/api/chat/rooms/${slug}/join`, token)
    const refused = call(api?.http ?? '', 'POST', `/api/chat/rooms/${slug}/join`, token)
    await expect(refused).rejects.toMatchObject({
      status: 429,
      code: 'rate_limited',
      message: expect.stringMatching(/try again in \d+ s/),
    })
    const response = await fetch(`${api?.http}/api/chat/rooms/${slug}/join`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
    })
    const { error } = (await response.json()) as { error: { message: string; retryAfterSeconds: number } }
    expect(error.message).toContain(`try again in ${error.retryAfterSeconds} s`)
    expect(response.headers.get('Retry-After')).toBe(String(error.retryAfterSeconds))
  })
})

test('a WebSocket process that is told to stop is not ready, and accepts connections until its delay is over', async () => {
  const stopping = await startService('websocket', { ...env, SHUTDOWN_DELAY_SECONDS: '60' })
  onTestFinished(() => stopping.stop())
  stopping.kill('SIGTERM')
  await eventually(async () => {
    expect(await stopping.health('/actuator/health/readiness')).toMatchObject({
      status: 503,
      body: { status: 'OUT_OF_SERVICE' },
    })
  })

  const socket = await openSocket(stopping.ws, { token: await store.token() })
  expect(await socket.ask({ type: 'ping' })).toEqual({ type: 'pong' })
})
