import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { call, login, register } from '../client/api.ts'
import { signToken } from '../client/index.ts'
import { eventually } from './eventually.ts'
import { openSocket, type RawOptions, type RawSocket } from './raw-socket.ts'
import { startService, type Service } from './service.ts'
import { newName, openStore, type Store } from './store.ts'

const secret = 'a secret of more than 32 characters'
let store: Store
let redis: RedisServer
let [api, ws]: Service[] = []
const sockets: RawSocket[] = []

beforeAll(async () => {
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  const env = {
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

async function open(options: RawOptions = {}): Promise<RawSocket> {
  const socket = await openSocket(ws?.ws ?? '', { token: signToken(secret, newName('user')), ...options })
  sockets.push(socket)
  return socket
}

describe('a client', () => {
  test('that is too fast is slowed down; nothing is refused or reordered', async () => {
    const { slug } = await store.room()
    const socket = await open()
    await socket.ask({ type: 'join', room: slug })

    const startedAt = Date.now()
    for (let i = 0; i < 25; i += 1) socket.send({ type: 'send', room: slug, clientId: `c${i}`, body: `m${i}` })
    await eventually(() => expect(socket.frames.filter(({ type }) => type === 'ack')).toHaveLength(25))

    // The burst of 5 went with the join and four messages; 21 more at 20 a second.
    expect(Date.now() - startedAt).toBeGreaterThan(900)
    const order = socket.frames.flatMap((frame) => (frame.type === 'ack' ? [frame['clientId']] : []))
    expect(order).toEqual(Array.from({ length: 25 }, (_, i) => `c${i}`))
    expect(socket.frames.some(({ type }) => type === 'error')).toBe(false)
  })

  test('that does not answer pings is given up', async () => {
    const socket = await open({ autoPong: false })
    expect(await socket.closed()).toMatchObject({ code: 1006 })
  })

  test('that answers pings stays although it says nothing', async () => {
    const socket = await open()
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(await socket.ask({ type: 'ping' })).toEqual({ type: 'pong' })
  })

  test('whose token expires is told to log in again', async () => {
    const socket = await open({ token: signToken(secret, 'short', { lifetimeSeconds: 1 }) })
    expect(await socket.closed()).toEqual({ code: 4401, reason: 'the token has expired' })
  })

  test('beyond the number of connections is sent away until one is free', async () => {
    const [first] = await Promise.all([open(), open(), open(), open()])
    await expect(open()).rejects.toThrow('HTTP 503 {"error":{"code":"unavailable"')
    first?.socket.terminate()
    await eventually(() => open())
  })
})

describe('the API', () => {
  test('limits logins for a name, with Redis and without', async () => {
    const user = { name: newName('user'), password: 'correct horse' }
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
    expect((await attempts(newName('nobody'))).toSorted((a, b) => a - b)).toEqual([401, 401, 401, 429, 429])
    await redis.kill()
    expect((await attempts(newName('nobody'))).toSorted((a, b) => a - b)).toEqual([401, 401, 401, 429, 429])
    await redis.start()
  })

  test('limits requests for a user, and says when to come again', async () => {
    const token = signToken(secret, newName('user'))
    const { slug } = await store.room()
    for (let i = 0; i < 5; i += 1) await call(api?.http ?? '', 'POST', `/api/chat/rooms/${slug}/join`, token)
    const refused = call(api?.http ?? '', 'POST', `/api/chat/rooms/${slug}/join`, token)
    await expect(refused).rejects.toMatchObject({
      status: 429,
      code: 'rate_limited',
      message: expect.stringMatching(/try again in \d+ s/),
    })
  })
})
