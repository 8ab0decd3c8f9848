import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { call, register } from '../client/api.ts'
import { createRoom, signToken } from '../client/index.ts'
import { eventually, randomOf, seedOf, uniqueName } from '@chat-app/testing'
import { Choice } from './chaos/choice.ts'
import { HoldingProxy } from './holding-proxy.ts'
import { attackRequests } from './hostile/requests.ts'
import { attackSockets } from './hostile/sockets.ts'
import { openSocket, type RawOptions, type RawSocket } from './raw-socket.ts'
import { JWT_SECRET as secret, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'

let store: Store
let redis: RedisServer
let [api, ws]: Service[] = []
let env: Record<string, string>
let pids: number[] = []
let room: string
const sockets: RawSocket[] = []

beforeAll(async () => {
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  env = {
    DATABASE_URL: store.mariaDb.url,
    REDIS_URL: redis.url,
    JWT_SECRET: secret,
    ALLOWED_ORIGINS: 'https://chat.example.com',
  }
  ;[api, ws] = await Promise.all([startService('api', env), startService('websocket', env)])
  pids = [api?.pid() ?? 0, ws?.pid() ?? 0]
  await store.addUsers('owner', 'mallory', 'alice', 'stranger')
  room = (await createRoom(http(), token('owner'))).room
})

afterAll(async () => {
  for (const { socket } of sockets) socket.terminate()
  await Promise.all([api?.stop(), ws?.stop(), redis?.stop(), store?.[Symbol.asyncDispose]()])
})

const http = () => api?.http ?? ''
const token = (user = 'mallory') => signToken(secret, user)

async function open(options: RawOptions = {}): Promise<RawSocket> {
  const socket = await openSocket(ws?.ws ?? '', { token: token(), ...options })
  sockets.push(socket)
  return socket
}

async function member(): Promise<RawSocket> {
  const socket = await open()
  await socket.ask({ type: 'join', room })
  return socket
}

const DEEP = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
const NASTY: [name: string, value: unknown][] = [
  ['SQL', `' OR 1=1; DROP TABLE rooms; --`],
  ['SQL comment', `x'/*`],
  ['a backslash', `\\'`],
  ['a prototype key', '__proto__'],
  ['an object with a prototype', JSON.parse('{"__proto__": {"room": "x"}, "constructor": 1}')],
  ['a list', ['a', 'b']],
  ['an object', { toString: 'x', length: 1 }],
  ['true', true],
  ['null', null],
  ['a huge number', 1e308],
  ['a negative number', -1],
  ['a fraction', 0.5],
  ['an empty text', ''],
  ['NUL', 'a\0b'],
  ['half a surrogate pair', 'a\ud800b'],
  ['a long text', 'x'.repeat(20_000)],
  ['right to left', '\u202egnp.exe'],
  ['a path', '../../etc/passwd'],
  ['a line end', 'a\r\nX-Header: b'],
]

describe('over WebSocket', () => {
  test.for(NASTY)('%s in any field is stored unchanged or refused with the name of the field', async ([, value]) => {
    const socket = await member()
    const clientId = uniqueName('id')
    const frames: [string, Record<string, unknown>][] = [
      ['type', { type: value, room }],
      ['room', { type: 'join', room: value }],
      ['after', { type: 'join', room, after: value }],
      ['after.epoch', { type: 'join', room, after: { epoch: value, seq: 0 } }],
      ['after.seq', { type: 'join', room, after: { epoch: 1, seq: value } }],
      ['clientId', { type: 'send', room, clientId: value, body: 'x' }],
      ['body', { type: 'send', room, clientId, body: value }],
      ['room', { type: 'send', room: value, clientId, body: 'x' }],
      ['before', { type: 'history', room, before: value }],
      ['limit', { type: 'history', room, limit: value }],
      ['requestId', { type: 'ping', requestId: value }],
      ['token', { type: 'renew', token: value }],
    ]
    for (const [field, frame] of frames) {
      const answer = await socket.ask(frame)
      if (answer.type !== 'error') continue
      expect(answer).toMatchObject({
        code: expect.stringMatching(/^(bad_request|too_large|not_found|forbidden|unauthorized)$/),
        field: expect.any(String),
      })
      expect((answer['field'] as string).split('.')[0]).toBe(field.split('.')[0])
      expect((answer['message'] as string).length).toBeLessThan(300)
    }
    const kept = await store.database.query('SELECT body FROM room_events WHERE client_id = ?', [clientId])
    for (const row of kept) expect(row['body']).toBe(value)
    expect(await socket.ask({ type: 'ping' })).toEqual({ type: 'pong' })
  })

  test.for([
    ['not JSON', '{'],
    ['an empty frame', ''],
    ['a bare value', '42'],
    ['a list', '[]'],
    ['deep nesting', DEEP],
    ['deep nesting in a field', `{"type":"join","room":${DEEP}}`],
    ['a prototype as the frame', '{"__proto__":{"type":"ping"}}'],
    ['an unknown type', '{"type":"constructor"}'],
    ['a number out of range', '{"type":"join","room":"r","after":{"epoch":1e999,"seq":1}}'],
    ['the same key twice', '{"type":"ping","type":"nonsense"}'],
  ])('%s is answered with an error', async ([, text]) => {
    const socket = await open()
    expect(await socket.ask(text)).toMatchObject({ type: 'error', code: 'bad_request' })
    expect(await socket.ask({ type: 'ping' })).toEqual({ type: 'pong' })
  })

  test('unknown fields are ignored', async () => {
    const socket = await member()
    const frame = `{"type":"send","room":"${room}","clientId":"newer","body":"x","__proto__":{"a":1},"later":${'[1,'.repeat(500)}1${']'.repeat(500)}}`
    expect(await socket.ask(frame)).toMatchObject({ type: 'ack', clientId: 'newer' })
  })

  test.for([
    ['a binary frame', 1003, (socket: RawSocket) => socket.socket.send(Buffer.from('{"type":"ping"}'))],
    ['an oversize frame', 1009, (socket: RawSocket) => socket.socket.send('x'.repeat(65_537))],
    ['many fragments', 1008, (socket: RawSocket) => fragments(socket, 100)],
    ['invalid UTF-8', 1007, (socket: RawSocket) => socket.socket.send(Buffer.from([0xff, 0xfe]), { binary: false })],
    ['twenty malformed frames', 4400, (socket: RawSocket) => Array.from({ length: 20 }, () => socket.send('{'))],
    ['a frame that is not masked', 1002, (socket: RawSocket) => write(socket, [0x81, 0x02, 0x7b, 0x7d])],
    ['a reserved opcode', 1002, (socket: RawSocket) => write(socket, [0x83, 0x80, 0, 0, 0, 0])],
    ['a compressed frame', 1002, (socket: RawSocket) => write(socket, [0xc1, 0x80, 0, 0, 0, 0])],
  ] as const)('%s closes the connection with its code', async ([, code, act]) => {
    const socket = await open()
    act(socket)
    expect(await socket.closed()).toMatchObject({ code })
  })

  test('200 connections that are cut in the middle of a frame are all removed', async () => {
    for (let round = 0; round < 10; round += 1) {
      const open = await Promise.all(Array.from({ length: 20 }, () => openSocket(ws?.ws ?? '', { token: token() })))
      for (const socket of open) {
        write(socket, [0x81, 0xfe, 0x10])
        socket.socket.terminate()
      }
    }
    await eventually(async () =>
      expect((await ws?.metrics())?.get('chat_connections')).toBeLessThanOrEqual(sockets.length),
    )
  })
})

function fragments({ socket }: RawSocket, count: number): void {
  for (let i = 0; i < count; i += 1) socket.send('x', { fin: i === count - 1 })
}

function write({ tcp }: RawSocket, bytes: number[]): void {
  tcp.write(Buffer.from(bytes))
}

describe('an upgrade', () => {
  test.for([
    ['without a token', 401, {}],
    ['with an invalid token', 401, { token: 'nonsense' }],
    ['with a token of another key', 401, { token: signToken('x'.repeat(32), 'mallory') }],
    ['with a token that has expired', 401, { token: signToken(secret, 'mallory', { lifetimeSeconds: -60 }) }],
    ['with a token for no valid user', 401, { token: signToken(secret, `' OR 1=1`) }],
    ['with an unsigned token', 401, { token: unsigned() }],
    ['from another origin', 403, { token: token(), origin: 'https://evil.example.com' }],
    ['from the origin null', 403, { token: token(), origin: 'null' }],
    ['with another subprotocol', 400, { token: token(), protocols: ['soap'] }],
    ['with a huge token', 401, { token: 'x'.repeat(8000) }],
  ] as [string, number, RawOptions][])('%s is refused with HTTP %i', async ([, status, options]) => {
    await expect(openSocket(ws?.ws ?? '', options)).rejects.toThrow(`HTTP ${status} {"error":{"code":`)
  })

  test('is accepted at /ws from the page of the same host, whatever other origins are allowed', async () => {
    const origin = `http://127.0.0.1:${ws?.port}`
    const { socket } = await openSocket(`${ws?.ws}/ws`, { token: token(), origin })
    expect(socket.readyState).toBe(socket.OPEN)
    socket.terminate()
  })

  test('at another path is refused', async () => {
    await expect(openSocket(`${ws?.ws}/__proto__`, { token: token() })).rejects.toThrow('HTTP 404')
  })

  test('is accepted from an allowed origin, and with the token as a subprotocol as browsers send it', async () => {
    for (const [offered, chosen] of [
      [['chat.v1'], 'chat.v1'],
      [['chat.v1', 'chat.v2'], 'chat.v2'],
      [['chat.v2', 'soap'], 'chat.v2'],
    ] as const) {
      const protocols = [...offered, `bearer.${token()}`]
      const { socket } = await openSocket(ws?.ws ?? '', { protocols, origin: 'https://chat.example.com' })
      expect(socket.protocol).toBe(chosen)
      socket.terminate()
    }
  })

  test('that is cut in the middle, or is not HTTP, does not end the process', async () => {
    for (const text of [
      'GET / HTTP/1.1\r\nUpgrade: websocket\r\n',
      '\u0016\u0003\u0001\u0002\u0000',
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    ]) {
      const socket = connectTcp(ws?.port ?? 0, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(text)
      socket.end()
      socket.resume()
      await once(socket, 'close')
    }
    expect((await ws?.health('/actuator/health/liveness'))?.status).toBe(200)
  })

  test('whose client sends something before the answer is refused', async () => {
    const socket = connectTcp(ws?.port ?? 0, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
    socket.write(`${upgradeRequest(token())}early`)
    await once(socket, 'close')
    expect(answer).toContain('HTTP/1.1 400')
  })

  test('whose client hangs up while the database is slow is dropped, and others do not wait for it', async () => {
    const waiting = 1000
    await using proxy = await HoldingProxy.start(store.mariaDb.port, 'LEFT JOIN revocations AS of_token')
    const url = store.mariaDb.url.replace(`:${store.mariaDb.port}/`, `:${proxy.port}/`)
    const slow = await startService('websocket', { ...env, DATABASE_URL: url })
    onTestFinished(() => slow.stop())
    const gone = Array.from({ length: waiting }, () => {
      const socket = connectTcp(slow.port, '127.0.0.1').on('error', () => undefined)
      socket.write(upgradeRequest(token()))
      return socket
    })
    await eventually(async () =>
      expect((await slow.metrics()).get('chat_upgrades_waiting')).toBeGreaterThan(waiting * 0.9),
    )
    for (const socket of gone) socket.destroy()
    // On a busy machine, statements time out before and others follow.
    const asked = proxy.count
    const honest = openSocket(slow.ws, { token: token('alice') })
    await eventually(async () => expect((await slow.metrics()).get('chat_upgrades_waiting')).toBeGreaterThan(0))
    proxy.release()

    const socket = await honest
    expect(await socket.ask({ type: 'ping' })).toEqual({ type: 'pong' })
    // Those that were in flight, and the honest one.
    expect(proxy.count - asked).toBeLessThan(20)
    socket.socket.terminate()
  })

  const upgradeRequest = (bearer: string) =>
    [
      'GET / HTTP/1.1',
      'Host: chat',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      `Authorization: Bearer ${bearer}`,
      '\r\n',
    ].join('\r\n')

  function unsigned(): string {
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    return `${encode({ alg: 'none' })}.${encode({ iss: 'chat-app', sub: 'mallory', jti: 'j', iat: 1, exp: 9_999_999_999 })}.`
  }
})

describe('over HTTP', () => {
  test.for(NASTY)('%s in any field is stored unchanged or refused with the name of the field', async ([, value]) => {
    const path = `/api/chat/rooms/${room}`
    await call(http(), 'POST', `${path}/join`, token())
    const clientId = uniqueName('id')
    const requests: [field: string, method: string, path: string, body?: unknown][] = [
      ['name', 'POST', '/api/users/register', { name: value, password: 'correct horse' }],
      ['password', 'POST', '/api/users/login', { name: 'mallory', password: value }],
      ['room', 'POST', '/api/chat/rooms', { room: value }],
      ['title', 'POST', '/api/chat/rooms', { title: value }],
      ['clientId', 'POST', `${path}/messages`, { clientId: value, body: 'x' }],
      ['body', 'POST', `${path}/messages`, { clientId, body: value }],
      ['after', 'GET', `${path}/messages?after=${encodeURIComponent(text(value))}`],
      ['limit', 'GET', `${path}/messages?limit=${encodeURIComponent(text(value))}`],
      ['room', 'POST', `/api/chat/rooms/${encodeURIComponent(text(value))}/join`],
    ]
    for (const [field, method, at, body] of requests) {
      const outcome = await call(http(), method, at, token(), body).then(
        () => undefined,
        (error: { status: number; code: string; field?: string; message: string }) => error,
      )
      if (!outcome) continue
      expect([400, 401, 404, 413, 414]).toContain(outcome.status)
      expect([field, 'path', undefined, '']).toContain(outcome.field?.split('.')[0])
      expect(outcome.message.length).toBeLessThan(400)
    }
    const kept = await store.database.query('SELECT body FROM room_events WHERE client_id = ?', [clientId])
    for (const row of kept) expect(row['body']).toBe(value)
  })

  const text = (value: unknown) =>
    (typeof value === 'string' ? value.toWellFormed() : (JSON.stringify(value) ?? '')).slice(0, 500)

  test.for([
    ['not JSON', '{', 'application/json', 400],
    ['a prototype key', '{"name":"x","password":"correct horse","__proto__":{"admin":true}}', 'application/json', 400],
    ['another type', 'name=x', 'application/x-www-form-urlencoded', 400],
    ['a list', '[]', 'application/json', 400],
    ['deep nesting', DEEP, 'application/json', 400],
    ['deep nesting in a field', `{"name":${DEEP},"password":"correct horse"}`, 'application/json', 400],
    ['too large', JSON.stringify({ name: 'x'.repeat(200_000) }), 'application/json', 413],
    ['empty', '', 'application/json', 400],
  ] as const)('a body that is %s is refused with an error of the common form', async ([, body, type, status]) => {
    const response = await fetch(`${http()}/api/users/register`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': type },
    })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } })
  })

  test('a request without a token, of a non-member, or to an unknown room or path is refused', async () => {
    await expect(call(http(), 'POST', '/api/chat/rooms', undefined, {})).rejects.toMatchObject({ status: 401 })
    await expect(call(http(), 'POST', '/api/chat/rooms/no-such-room/join', token())).rejects.toMatchObject({
      status: 404,
      field: 'room',
    })
    await expect(call(http(), 'GET', '/api/users/__proto__')).rejects.toMatchObject({ status: 404, code: 'not_found' })
    await expect(call(http(), 'GET', `/api/chat/rooms/${room}/messages`, token('stranger'))).rejects.toMatchObject({
      status: 403,
    })
  })

  test('a password that breaks a rule, a name that is taken, and a wrong password are refused with the reason', async () => {
    const name = uniqueName('user')
    await register(http(), { name, password: 'correct horse' })

    await expect(register(http(), { name, password: 'another one' })).rejects.toMatchObject({
      status: 409,
      field: 'name',
    })
    for (const password of ['short', 'x'.repeat(1025), 'é'.repeat(513), 'correct\0horse', 'Password1', name]) {
      await expect(
        register(http(), { name: password === name ? name : uniqueName('user'), password }),
      ).rejects.toMatchObject({
        status: 400,
        field: 'password',
      })
    }
    for (const login of [
      { name, password: 'wrong horse' },
      { name: uniqueName('nobody'), password: 'correct horse' },
    ]) {
      await expect(call(http(), 'POST', '/api/users/login', undefined, login)).rejects.toMatchObject({
        status: 401,
        message: 'the name or the password is wrong',
      })
    }
  })
})

const seed = seedOf('HOSTILE_SEED')

test(`damaged frames and requests of every operation have no answer of a fault (HOSTILE_SEED=${seed})`, async () => {
  const common = { choice: new Choice(randomOf(seed)), token, target: { rooms: [room], users: ['mallory', 'alice'] } }
  const [frames, requests] = await Promise.all([
    attackSockets({ ...common, url: ws?.ws ?? '', frames: 1000, connections: 5 }),
    attackRequests({ ...common, url: http(), requests: 500, inFlight: 5 }),
  ])

  expect(frames.get('bad_request')).toBeGreaterThan(100)
  expect(frames.get('pong')).toBeGreaterThan(0)
  expect(requests.get('400')).toBeGreaterThan(50)
  expect(requests.get('200')).toBeGreaterThan(0)
})

test('both processes survive all of this', () => {
  expect([api?.isRunning(), ws?.isRunning()]).toEqual([true, true])
  expect([api?.pid(), ws?.pid()]).toEqual(pids)
  for (const service of [api, ws]) expect(service?.output()).not.toContain('unexpected error')
})
