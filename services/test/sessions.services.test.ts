import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { fakeClock, startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { eventually, must, uniqueName } from '@chat-app/testing'
import { call } from '../client/api.ts'
import { connect, Login, signToken } from '../client/index.ts'
import { Tokens } from '../src/session/tokens.ts'
import { MAX_SESSIONS_OF_USER } from '../src/support/limits.ts'
import { PythonClient } from './python-client.ts'
import { openSocket, type RawSocket } from './raw-socket.ts'
import { JWT_SECRET as secret, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'

let store: Store
let redis: RedisServer
let [api, one, two]: Service[] = []
let env: Record<string, string>
const sockets: RawSocket[] = []

beforeAll(async () => {
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  const CONFIG_FILE = fileURLToPath(new URL('sessions.yml', import.meta.url))
  env = { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET: secret, CONFIG_FILE }
  ;[api, one, two] = await Promise.all([
    startService('api', env),
    startService('websocket', env),
    startService('websocket', env),
  ])
})

afterEach(() => {
  for (const { socket } of sockets.splice(0)) socket.terminate()
})

afterAll(async () => {
  await Promise.all([api?.stop(), one?.stop(), two?.stop(), redis?.stop(), store?.[Symbol.asyncDispose]()])
})

const PASSWORD = 'correct horse'
const UNAUTHORIZED = { status: 401, code: 'unauthorized' }
const REVOKED = { code: 4401, reason: 'the token was revoked' }

interface Granted {
  readonly name: string
  readonly token: string
  readonly expiresAt: string
  readonly refreshToken: string
}

interface LoggedIn extends Granted {
  readonly deviceKey: string
}

interface ShownSession {
  readonly id: string
  readonly name?: string
  readonly isThis: boolean
}

const post = <T = Granted>(path: string, body?: object, token?: string) =>
  call<T>(api?.http ?? '', 'POST', `/api${path}`, token, body ?? {})

const refresh = (refreshToken: string, deviceKey?: string) => post('/users/refresh', { refreshToken, deviceKey })

async function register(name = uniqueName('user')): Promise<LoggedIn> {
  const deviceKey = randomBytes(16).toString('hex')
  const device = { key: deviceKey, name: 'a telephone' }
  return { ...(await post('/users/register', { name, password: PASSWORD, device })), deviceKey }
}

async function logIn(name: string, password = PASSWORD): Promise<LoggedIn> {
  const deviceKey = randomBytes(16).toString('hex')
  return { ...(await post('/users/login', { name, password, device: { key: deviceKey } })), deviceKey }
}

/** Opens a WebSocket, and returns once the process has answered a frame. */
async function open(service: Service | undefined, token: string): Promise<RawSocket> {
  const socket = await openSocket(service?.ws ?? '', { token })
  sockets.push(socket)
  expect(await socket.ask({ type: 'ping' })).toEqual({ type: 'pong' })
  return socket
}

const accepts = async (service: Service | undefined, token: string) => void (await open(service, token))
const refuses = (service: Service | undefined, token: string) =>
  expect(openSocket(service?.ws ?? '', { token })).rejects.toThrow('HTTP 401')

const sessionsOf = async (token: string) =>
  (await call<{ sessions: ShownSession[] }>(api?.http ?? '', 'GET', '/api/users/me/sessions', token)).sessions

function claimsOf(token: string): { sid: string; gen: number; iat: number; exp: number; jti: string } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

/** Another token of the session of `token`, which is valid for a short time. */
function shortToken({ name, token }: Granted, lifetimeMs: number): Promise<string> {
  const { sid: sessionId, gen: generation } = claimsOf(token)
  const issuedAt = Date.now()
  return new Tokens({ secret }).sign({ user: name, sessionId, generation, issuedAt, expiresAt: issuedAt + lifetimeMs })
}

const passed = (ms: number, sessionId: string) =>
  store.database.execute('UPDATE sessions SET refreshed_at = refreshed_at - ? WHERE id = ?', [ms, sessionId])

async function administrator(): Promise<LoggedIn> {
  const admin = await register(uniqueName('admin'))
  await store.database.execute("UPDATE users SET role = 'admin' WHERE name = ?", [admin.name])
  return logIn(admin.name)
}

/** How many milliseconds pass until a connection at each WebSocket process is closed. */
async function untilClosed(user: LoggedIn, act: () => Promise<unknown>): Promise<number> {
  const opened = await Promise.all([open(one, user.token), open(two, user.token)])
  await act()
  const doneAt = performance.now()
  for (const closed of await Promise.all(opened.map((socket) => socket.closed()))) expect(closed).toEqual(REVOKED)
  return performance.now() - doneAt
}

const lines = (event: string) =>
  (api?.output() ?? '')
    .split('\n')
    .filter((line) => line.includes(`"security":"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, string>)

describe('a token', () => {
  test('lasts ten minutes for a device, and 24 hours for a client that names none', async () => {
    const user = await register()
    const plain = await post('/users/login', { name: user.name, password: PASSWORD })
    const seconds = ({ token }: Granted) => claimsOf(token).exp - claimsOf(token).iat
    expect(seconds(user)).toBe(600)
    expect(seconds(plain)).toBe(86_400)
    for (const { token, expiresAt } of [user, plain]) {
      expect(new Date(expiresAt).getTime()).toBe(claimsOf(token).exp * 1000)
      await accepts(one, token)
    }
  })

  test('of a user who does not exist is refused', async () => {
    const token = signToken(secret, uniqueName('nobody'))
    await refuses(one, token)
    await expect(post('/chat/rooms', {}, token)).rejects.toMatchObject(UNAUTHORIZED)
  })

  test('of a visitor is refused by every route and by the WebSocket service', async () => {
    const name = uniqueName('visitor')
    await store.database.execute(
      "INSERT INTO users (name, password_hash, created_at, kind) VALUES (?, '*', 0, 'visitor')",
      [name],
    )
    const token = await new Tokens({ secret }).signVisitor({ user: name, generation: 0, inbox: 'shop' })
    await refuses(one, token)
    for (const [method, path] of [
      ['GET', '/api/users/me/sessions'],
      ['DELETE', '/api/users/me/sessions/x'],
      ['POST', '/api/users/me/password'],
      ['POST', '/api/users/logout'],
      ['POST', '/api/admin/users/x/ban'],
      ['POST', '/api/chat/rooms'],
      ['POST', '/api/chat/rooms/x/join'],
      ['POST', '/api/chat/rooms/x/messages'],
      ['GET', '/api/chat/rooms/x/messages'],
    ] as const) {
      const body = method === 'POST' ? {} : undefined
      await expect(call(api?.http ?? '', method, path, token, body), path).rejects.toMatchObject(UNAUTHORIZED)
    }
    await expect(post('/users/login', { name, password: PASSWORD })).rejects.toMatchObject(UNAUTHORIZED)
  })
})

describe('a refresh token', () => {
  test('that ten tabs use at once gives all the same successor, and each a token', async () => {
    const user = await register()
    const granted = await Promise.all(Array.from({ length: 10 }, () => refresh(user.refreshToken, user.deviceKey)))
    expect(new Set(granted.map(({ refreshToken }) => refreshToken)).size).toBe(1)
    expect(granted[0]?.refreshToken).not.toBe(user.refreshToken)
    await Promise.all(granted.map(({ token }) => accepts(one, token)))
    await refresh(must(granted[0], 'an answer').refreshToken, user.deviceKey)
  })

  test('that is used again after a minute ends the session everywhere', async () => {
    const user = await register()
    const next = await refresh(user.refreshToken, user.deviceKey)
    await passed(59_000, claimsOf(user.token).sid)
    expect((await refresh(user.refreshToken, user.deviceKey)).refreshToken).toBe(next.refreshToken)
    await passed(2000, claimsOf(user.token).sid)
    const took = await untilClosed(user, () =>
      expect(refresh(user.refreshToken, user.deviceKey)).rejects.toMatchObject(UNAUTHORIZED),
    )
    expect(took).toBeLessThan(1000)
    await expect(refresh(next.refreshToken, user.deviceKey)).rejects.toMatchObject(UNAUTHORIZED)
    await refuses(two, next.token)
    expect(lines('refresh_reused').map((line) => line['user'])).toContain(user.name)
  })

  test('ends the session when another device uses it', async () => {
    const user = await register()
    await expect(refresh(user.refreshToken, 'x'.repeat(32))).rejects.toMatchObject(UNAUTHORIZED)
    await expect(refresh(user.refreshToken, user.deviceKey)).rejects.toMatchObject(UNAUTHORIZED)
  })

  test('is stored as a hash alone', async () => {
    const { refreshToken } = await register()
    const [id = '', text = ''] = refreshToken.split('.')
    const [row] = await store.database.query('SELECT * FROM sessions WHERE id = ?', [id])
    const stored = Object.values(must(row, 'the session')).map((value) =>
      Buffer.isBuffer(value) ? value.toString('base64url') : String(value),
    )
    expect(stored.join(' ')).not.toContain(text)
  })

  test('is refused when it is none', async () => {
    for (const text of ['', 'x', `${'A'.repeat(22)}.${'A'.repeat(43)}`])
      await expect(refresh(text)).rejects.toMatchObject(UNAUTHORIZED)
    await expect(post('/users/refresh', { refreshToken: 7 })).rejects.toMatchObject({ field: 'refreshToken' })
  })
})

describe('a session', () => {
  test('is listed, and ended by its user from another device and by nobody else', async () => {
    const [first, stranger] = [await register(), await register()]
    const second = await logIn(first.name)
    const listed = await sessionsOf(second.token)
    expect(listed.map(({ name, isThis }) => [name, isThis])).toEqual([
      [undefined, true],
      ['a telephone', false],
    ])
    const path = `/api/users/me/sessions/${claimsOf(first.token).sid}`
    const end = (token: string) => call(api?.http ?? '', 'DELETE', path, token)
    await expect(end(stranger.token)).rejects.toMatchObject({ status: 404 })
    const other = await open(two, second.token)
    expect(await untilClosed(first, () => end(second.token))).toBeLessThan(1000)
    await expect(end(second.token)).rejects.toMatchObject({ status: 404 })
    await expect(refresh(first.refreshToken, first.deviceKey)).rejects.toMatchObject(UNAUTHORIZED)
    await expect(sessionsOf(first.token)).rejects.toMatchObject(UNAUTHORIZED)
    expect(await sessionsOf(second.token)).toHaveLength(1)
    expect(await other.ask({ type: 'ping' })).toEqual({ type: 'pong' })
  })

  test('ends with a logout, which release 0.1.0 learns of too', async () => {
    const user = await register()
    const took = await untilClosed(user, () => post('/users/logout', {}, user.token))
    expect(took).toBeLessThan(1000)
    await expect(refresh(user.refreshToken, user.deviceKey)).rejects.toMatchObject(UNAUTHORIZED)
    const { jti } = claimsOf(user.token)
    expect(
      await store.database.query("SELECT 1 FROM revocations WHERE kind = 'token' AND subject = ?", [jti]),
    ).toHaveLength(1)
  })

  test('ends when the user has opened 200 others', async () => {
    const first = await register()
    await store.database.execute(
      `INSERT INTO sessions (id, user, generation, refresh_hash, created_at, refreshed_at, expires_at)
       SELECT CONCAT(LEFT(id, 18), LPAD(seq, 4, '0')), user, generation, refresh_hash, created_at + seq, refreshed_at, expires_at
       FROM sessions JOIN seq_1_to_${MAX_SESSIONS_OF_USER - 1} WHERE id = ?`,
      [claimsOf(first.token).sid],
    )
    expect(await sessionsOf(first.token)).toHaveLength(MAX_SESSIONS_OF_USER)
    const last = await logIn(first.name)
    expect(await sessionsOf(last.token)).toHaveLength(MAX_SESSIONS_OF_USER)
    await eventually(() => refuses(one, first.token))
  })
})

describe('a changed password', () => {
  test('ends all other sessions, and goes on with this one', async () => {
    const [own, next] = [await register(), 'another horse']
    const other = await logIn(own.name)
    const [kept, plain] = [await open(one, own.token), await store.token(own.name)]
    const before = await open(two, plain)
    const change = (oldPassword: string) => post('/users/me/password', { oldPassword, newPassword: next }, own.token)
    await expect(change('wrong horse')).rejects.toMatchObject({ ...UNAUTHORIZED, field: 'oldPassword' })
    let changed: Granted | undefined
    const took = await untilClosed(other, async () => (changed = await change(PASSWORD)))

    expect(took).toBeLessThan(1000)
    expect(await before.closed()).toEqual(REVOKED)
    expect(await kept.ask({ type: 'ping' })).toEqual({ type: 'pong' })
    await refuses(one, own.token)
    await accepts(one, changed?.token ?? '')
    expect(await kept.ask({ type: 'renew', token: changed?.token })).toMatchObject({ type: 'renewed' })
    await refresh(own.refreshToken, own.deviceKey)
    await expect(refresh(other.refreshToken, other.deviceKey)).rejects.toMatchObject(UNAUTHORIZED)
    await expect(logIn(own.name)).rejects.toMatchObject(UNAUTHORIZED)
    await logIn(own.name, next)
    expect(lines('password_changed').map((line) => line['user'])).toContain(own.name)
  })

  test('has to follow the rules of passwords', async () => {
    const { token } = await register()
    const change = { oldPassword: PASSWORD, newPassword: 'short' }
    await expect(post('/users/me/password', change, token)).rejects.toMatchObject({ status: 400, field: 'newPassword' })
  })
})

describe('a ban', () => {
  const ban = (name: string, by: LoggedIn, body: object = { reason: 'spam' }) =>
    post<void>(`/admin/users/${name}/ban`, body, by.token)

  test('is seen by all processes within 1 s, and ends when it is lifted', async () => {
    const [admin, user] = [await administrator(), await register()]
    expect(await untilClosed(user, () => ban(user.name, admin))).toBeLessThan(1000)
    await refuses(one, user.token)
    await refuses(two, await store.token(user.name))
    await expect(refresh(user.refreshToken, user.deviceKey)).rejects.toMatchObject(UNAUTHORIZED)
    await expect(logIn(user.name)).rejects.toMatchObject({ status: 403, code: 'forbidden' })
    await expect(logIn(user.name, 'wrong horse')).rejects.toMatchObject(UNAUTHORIZED)

    await post(`/admin/users/${user.name}/unban`, { reason: 'mistaken' }, admin.token)
    await refuses(one, user.token)
    await expect(refresh(user.refreshToken, user.deviceKey)).rejects.toMatchObject(UNAUTHORIZED)
    await accepts(two, (await logIn(user.name)).token)
    const [banned, unbanned] = [lines('banned').at(-1), lines('unbanned').at(-1)]
    expect(banned).toMatchObject({ user: user.name, by: admin.name, reason: 'spam', address: '127.0.0.1' })
    expect(unbanned).toMatchObject({ user: user.name, by: admin.name, reason: 'mistaken' })
  })

  test('is seen by all processes within 3 s while Redis hangs, and while it is stopped', async () => {
    const admin = await administrator()
    const [first, second] = [await register(), await register()]
    redis.pause()
    expect(await untilClosed(first, () => ban(first.name, admin))).toBeLessThan(3000)
    redis.resume()
    await redis.kill()
    expect(await untilClosed(second, () => ban(second.name, admin))).toBeLessThan(3000)
    await redis.start()
    for (const service of [api, one, two])
      await eventually(async () => expect((await service?.components())?.['redis']?.status).toBe('UP'))
  })

  test('ends by itself', async () => {
    const [admin, user] = [await administrator(), await register()]
    await ban(user.name, admin, { reason: 'spam', until: new Date(Date.now() + 2000).toISOString() })
    await expect(logIn(user.name)).rejects.toMatchObject({ status: 403 })
    await eventually(() => logIn(user.name))
    await refuses(one, user.token)
  })

  test('needs the role, and is not for an equal or higher one', async () => {
    const [admin, other, user] = [await administrator(), await administrator(), await register()]
    await expect(ban(admin.name, user)).rejects.toMatchObject({ status: 403 })
    await expect(ban(other.name, admin)).rejects.toMatchObject({ status: 403, field: 'name' })
    await expect(ban(admin.name, admin)).rejects.toMatchObject({ status: 403, field: 'name' })
    await expect(ban(uniqueName('nobody'), admin)).rejects.toMatchObject({ status: 404 })
    await expect(ban(user.name, admin, {})).rejects.toMatchObject({ status: 400, field: 'reason' })
    await expect(ban(user.name, admin, { reason: 'x', until: 'soon' })).rejects.toMatchObject({ field: 'until' })
    const past = { reason: 'x', until: '2020-01-01T00:00:00Z' }
    await expect(ban(user.name, admin, past)).rejects.toMatchObject({ field: 'until' })
    await accepts(one, user.token)
  })
})

describe('an administrator', () => {
  const act = (user: LoggedIn, what: string, by: LoggedIn, body: object) =>
    post<void>(`/admin/users/${user.name}/${what}`, body, by.token)
  const acts = async (by: LoggedIn) => {
    const { entries } = await call<{ entries: { by: string }[] }>(
      api?.http ?? '',
      'GET',
      '/api/admin/audit?limit=200',
      by.token,
    )
    return entries.filter((entry) => entry.by === by.name)
  }

  test('gives a role, and ends all sessions of a user, on all processes within 1 s, and both are noted', async () => {
    const [admin, other, user] = [await administrator(), await administrator(), await register()]
    for (const [what, body] of [
      ['role', { role: 'staff', reason: 'x' }],
      ['end-sessions', { reason: 'x' }],
    ] as const) {
      await expect(act(other, what, user, body)).rejects.toMatchObject({ status: 403 })
      await expect(act(other, what, admin, body)).rejects.toMatchObject({ status: 403, field: 'name' })
      await expect(act(user, what, admin, { ...body, reason: '' })).rejects.toMatchObject({ field: 'reason' })
    }
    await expect(act(user, 'role', admin, { role: 'king', reason: 'x' })).rejects.toMatchObject({ field: 'role' })
    await accepts(one, user.token)
    const visitor = await register()
    await store.database.execute("UPDATE users SET kind = 'visitor' WHERE name = ?", [visitor.name])
    await expect(act(visitor, 'role', admin, { role: 'staff', reason: 'x' })).rejects.toMatchObject({
      status: 422,
      field: 'name',
    })

    const role = { role: 'staff', reason: 'on duty' }
    expect(await untilClosed(user, () => act(user, 'role', admin, role))).toBeLessThan(1000)
    await refuses(two, user.token)
    const again = { ...user, ...(await logIn(user.name)) }
    await post('/users/invitations', {}, again.token)
    expect(await untilClosed(again, () => act(user, 'end-sessions', admin, { reason: 'lost' }))).toBeLessThan(1000)
    await refuses(one, again.token)
    await accepts(two, (await logIn(user.name)).token)
    expect(await acts(admin)).toMatchObject([
      { action: 'role', subject: user.name, before: { role: 'user' }, after: { role: 'staff' }, reason: 'on duty' },
      { action: 'end_sessions', subject: user.name, reason: 'lost' },
    ])
  })
})

describe('a deleted account', () => {
  test("is seen by all processes within 1 s, and its name is nobody else's", async () => {
    const user = await register()
    const remove = (password: string, token = user.token) => post<void>('/users/me/delete', { password }, token)
    await expect(remove('wrong horse')).rejects.toMatchObject({ ...UNAUTHORIZED, field: 'password' })
    await accepts(one, user.token)
    const other = await logIn(user.name)
    expect(await untilClosed(user, () => remove(PASSWORD))).toBeLessThan(1000)
    for (const token of [user.token, other.token]) await refuses(two, token)
    await expect(refresh(other.refreshToken, other.deviceKey)).rejects.toMatchObject(UNAUTHORIZED)
    await expect(logIn(user.name)).rejects.toMatchObject(UNAUTHORIZED)
    await expect(remove(PASSWORD)).rejects.toMatchObject(UNAUTHORIZED)
    await expect(register(user.name)).rejects.toMatchObject({ status: 409, field: 'name' })
    expect(lines('account_deleted').at(-1)).toMatchObject({ user: user.name, address: '127.0.0.1' })
  })
})

describe('a renewed connection', () => {
  test('lives longer than its first token, and takes only tokens of its own session', async () => {
    const [user, stranger] = [await register(), await register()]
    const short = await shortToken(user, 3000)
    const [renewed, control] = [await open(one, short), await open(one, short)]
    const renew = (token: unknown) => renewed.ask({ type: 'renew', token, requestId: 'r' })

    for (const other of [stranger, await logIn(user.name)])
      expect(await renew(other.token)).toMatchObject({
        type: 'error',
        code: 'forbidden',
        request: 'renew',
        field: 'token',
      })
    expect(await renew('nonsense')).toMatchObject({ type: 'error', code: 'unauthorized', requestId: 'r' })
    expect(await renew(7)).toMatchObject({ type: 'error', code: 'bad_request', field: 'token' })
    expect(await renew(user.token)).toEqual({ type: 'renewed', expiresAt: user.expiresAt, requestId: 'r' })

    expect(await control.closed()).toEqual({ code: 4401, reason: 'the token has expired' })
    expect(await renewed.ask({ type: 'ping' })).toEqual({ type: 'pong' })
  })

  test('is what the reference client and the client in Python have', async () => {
    const [user, name] = [await register(), uniqueName('python')]
    const python = await register(name)
    // Long enough for a program that starts on a busy machine: a token that is over is not renewed on a connection.
    const [first, ofPython] = [await shortToken(user, 10_000), await shortToken(python, 10_000)]
    let token = first
    const client = await connect(one?.ws ?? '', { token: () => token })
    onTestFinished(() => client.close())
    const session = { api: api?.http ?? '', refreshToken: python.refreshToken, deviceKey: python.deviceKey }
    await using pythonClient = await PythonClient.start(one?.ws ?? '', ofPython, name, session)
    const control = await open(one, first)
    token = user.token

    await control.closed()
    await eventually(() => expect(pythonClient.renewals).toBe(1))
    await eventually(async () => expect(await hasRefreshed(python)).toBe(true))
    expect(client.isConnected).toBe(true)
    expect(client.record.reconnects).toBe(0)
    expect([pythonClient.closed, pythonClient.errors]).toEqual([[], []])
  })

  test('of the reference client gets a new token when its own is refused, and ends with the session', async () => {
    const user = { name: uniqueName('user'), password: PASSWORD }
    const login = await Login.open(api?.http ?? '', user, { deviceName: 'a computer', isNew: true })
    const [token, second] = [await login.token(), await logIn(user.name)]
    expect(await login.token()).toBe(token)
    await accepts(two, await login.token(token))
    expect(await hasRefreshed({ token })).toBe(true)
    const client = await connect(one?.ws ?? '', { token: login.token, retryMs: { first: 10, most: 50 } })
    const ended = Promise.withResolvers<string>()
    client.on('ended', ended.resolve)
    const computer = (await sessionsOf(second.token)).find(({ name }) => name === 'a computer')
    await call(api?.http ?? '', 'DELETE', `/api/users/me/sessions/${computer?.id}`, second.token)
    expect(await ended.promise).toContain('log in again')
  })

  async function hasRefreshed({ token }: Pick<Granted, 'token'>): Promise<boolean> {
    const sql = 'SELECT 1 FROM sessions WHERE id = ? AND previous_hash IS NOT NULL'
    return (await store.database.query(sql, [claimsOf(token).sid])).length === 1
  }
})

test('processes whose clocks are ten minutes apart accept and refuse the same tokens', async () => {
  const [behind, ahead] = await Promise.all([fakeClock('-5m'), fakeClock('+5m')])
  const [early, late, ofApi] = await Promise.all([
    startService('websocket', { ...env, ...behind }),
    startService('websocket', { ...env, ...ahead }),
    startService('api', { ...env, ...behind }),
  ])
  onTestFinished(async () => void (await Promise.all([early, late, ofApi].map((service) => service.stop()))))
  const wrongMs = Number(new Date((await fetch(ofApi.http)).headers.get('date') ?? '')) - Date.now()
  expect(wrongMs).toBeLessThan(-290_000)

  const user = await register()
  const [minute, over] = [await shortToken(user, 60_000), await shortToken(user, -60_000)]
  await eventually(async () => {
    for (const service of [early, late, one]) {
      await accepts(service, minute)
      await refuses(service, over)
    }
  })
  const device = { key: user.deviceKey }
  const login = { name: user.name, password: PASSWORD, device }
  const other = await call<Granted>(ofApi.http, 'POST', '/api/users/login', undefined, login)
  expect(Math.abs(claimsOf(other.token).iat * 1000 - Date.now())).toBeLessThan(30_000)
  for (const service of [early, late, one]) await accepts(service, other.token)
  const next = await call<Granted>(ofApi.http, 'POST', '/api/users/refresh', undefined, {
    refreshToken: other.refreshToken,
    deviceKey: user.deviceKey,
  })
  await accepts(late, next.token)
  await call(ofApi.http, 'POST', '/api/users/logout', next.token)
  for (const service of [early, late, one]) await eventually(() => refuses(service, next.token))
})
