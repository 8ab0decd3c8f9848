import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHaproxy, startRedis, type Haproxy, type RedisServer } from '@chat-app/sandbox-servers'
import { eventually, uniqueName } from '@chat-app/testing'
import { JWT_SECRET, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'

const ORIGIN = 'https://chat.example.com'
const PAGE = { origin: ORIGIN }
const JSON_BODY = { 'content-type': 'application/json' }
const REGISTRATIONS_PER_MINUTE = 3
const LOGINS_PER_MINUTE = 4
const FAILED_LOGINS_OF_ADDRESS = 6
const FAILED_LOGINS_OF_USER = 8

let dir: string
let store: Store
let redis: RedisServer
let api: Service
let websocket: Service
let proxy: Haproxy
let edge: Haproxy

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'chat-proxies-'))
  const file = join(dir, 'production.yml')
  const settings = { bcrypt_cost: 4, trusted_proxies: ['127.0.0.1/32'] }
  const limits = {
    registrations_per_minute: REGISTRATIONS_PER_MINUTE,
    logins_per_minute: LOGINS_PER_MINUTE,
    failed_logins_of_address_per_minute: FAILED_LOGINS_OF_ADDRESS,
    failed_logins_of_user_per_minute: FAILED_LOGINS_OF_USER,
  }
  await writeFile(file, JSON.stringify({ server: settings, limits }))
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  const env = {
    DATABASE_URL: store.mariaDb.url,
    REDIS_URL: redis.url,
    JWT_SECRET,
    CONFIG_FILE: file,
    ALLOWED_ORIGINS: ORIGIN,
  }
  ;[api, websocket] = await Promise.all([startService('api', env), startService('websocket', env)])
  ;[proxy, edge] = await Promise.all([
    startHaproxy(`127.0.0.1:${api.port}`),
    startHaproxy(`127.0.0.1:${websocket.port}`),
  ])
})

afterAll(async () => {
  await Promise.all([proxy, edge, api, websocket, redis].map((server) => server?.stop()))
  await store?.[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** @param from the client's address, one of 127.0.0.0/8 */
async function ask(
  url: string,
  {
    from = '127.0.0.1',
    method = 'GET',
    headers = {},
    body = '',
  }: Partial<Record<'from' | 'method' | 'body', string>> & {
    headers?: Record<string, string>
  } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const sent = request(url, { method, localAddress: from, headers, agent: false }, (response) => {
    const { statusCode: status, headers } = response
    text(response).then((body) => resolve({ status, headers, body }), reject)
  })
  sent.on('error', reject)
  sent.end(body)
  return promise
}

/** The statuses of registrations that one client makes, one after the other. */
async function register(base: string, from: string, times: number, forwardedFor?: () => string): Promise<unknown[]> {
  const statuses = []
  for (let i = 0; i < times; i += 1) {
    const headers = {
      'content-type': 'application/json',
      ...(forwardedFor && { 'x-forwarded-for': forwardedFor() }),
    }
    const body = JSON.stringify({ name: uniqueName('user'), password: 'correct horse' })
    statuses.push((await ask(`${base}/api/users/register`, { from, method: 'POST', headers, body })).status)
  }
  return statuses
}

describe('behind a proxy that is trusted, the limit of an address', () => {
  test('is that of each client, and not of the proxy', async () => {
    expect(await register(proxy.url, '127.0.0.2', REGISTRATIONS_PER_MINUTE + 1)).toEqual([201, 201, 201, 429])
    expect(await register(proxy.url, '127.0.0.3', 1)).toEqual([201])
  })

  test('is not avoided by forged headers', async () => {
    let forged = 0
    const forwardedFor = () => `198.51.100.${(forged += 1)}`
    const statuses = await register(proxy.url, '127.0.0.4', REGISTRATIONS_PER_MINUTE + 1, forwardedFor)
    expect(statuses).toEqual([201, 201, 201, 429])
    const own = await register(proxy.url, '127.0.0.5', REGISTRATIONS_PER_MINUTE + 1, () => '127.0.0.1, 198.51.100.7')
    expect(own).toEqual([201, 201, 201, 429])
  })

  test('is that of whoever comes past the proxy, whatever the header says', async () => {
    let forged = 0
    const forwardedFor = () => `203.0.113.${(forged += 1)}`
    const statuses = await register(api.http, '127.0.0.6', REGISTRATIONS_PER_MINUTE + 1, forwardedFor)
    expect(statuses).toEqual([201, 201, 201, 429])
  })
})

describe('behind a proxy that is trusted, a log-in or a token', () => {
  const password = 'correct horse'

  async function userFrom(address: string): Promise<string> {
    const name = uniqueName('user')
    const body = JSON.stringify({ name, password })
    await ask(`${proxy.url}/api/users/register`, { from: address, method: 'POST', headers: JSON_BODY, body })
    return name
  }

  async function login(name: string, from: string, tried = password): Promise<number | undefined> {
    const body = JSON.stringify({ name, password: tried })
    return (await ask(`${proxy.url}/api/users/login`, { from, method: 'POST', headers: JSON_BODY, body })).status
  }

  const many = async (times: number, attempt: (index: number) => Promise<number | undefined>) => {
    const statuses = []
    for (let i = 0; i < times; i += 1) statuses.push(await attempt(i))
    return statuses
  }

  test('is limited for one name and address, and goes on for the user elsewhere', async () => {
    const name = await userFrom('127.0.1.1')
    expect(await many(LOGINS_PER_MINUTE + 1, () => login(name, '127.0.1.2', 'wrong horse'))).toEqual([
      401, 401, 401, 401, 429,
    ])
    expect(await login(name, '127.0.1.1')).toBe(200)
  })

  test('is limited for an address that fails for many names, and those that succeed do not count', async () => {
    const name = await userFrom('127.0.2.1')
    expect(await many(3, () => login(name, '127.0.2.2'))).toEqual([200, 200, 200])
    const tried = await many(FAILED_LOGINS_OF_ADDRESS + 1, () => login(uniqueName('nobody'), '127.0.2.2'))
    expect(tried).toEqual([401, 401, 401, 401, 401, 401, 429])
    expect(await login(name, '127.0.2.1')).toBe(200)
  })

  test('is limited for a name that fails from many addresses, except where its user has logged in before', async () => {
    const name = await userFrom('127.0.3.1')
    expect(await login(name, '127.0.3.1')).toBe(200)
    await many(FAILED_LOGINS_OF_USER, (i) => login(name, `127.0.3.${i + 10}`, 'wrong horse'))
    expect(await login(name, '127.0.3.100')).toBe(429)
    expect(await login(name, '127.0.3.1')).toBe(200)
    expect(await login(name, '127.0.3.1', 'wrong horse')).toBe(401)
  })

  test('is answered alike for a wrong password and for a name that nobody has', async () => {
    const name = await userFrom('127.0.4.1')
    const answers = []
    for (const each of [name, uniqueName('nobody')]) {
      const body = JSON.stringify({ name: each, password: 'wrong horse' })
      answers.push(
        await ask(`${proxy.url}/api/users/login`, { from: '127.0.4.2', method: 'POST', headers: JSON_BODY, body }),
      )
    }
    expect(answers[0]?.body).toBe(answers[1]?.body)
    expect(answers.map(({ status }) => status)).toEqual([401, 401])
  })

  test('is recorded with the address of the client, and without the password', async () => {
    const name = await userFrom('127.0.5.1')
    await login(name, '127.0.5.1')
    await login(name, '127.0.5.2', 'hidden horse')
    await eventually(() => expect(recorded(name)).toHaveLength(3))
    expect(recorded(name)).toMatchObject([
      { security: 'registered', address: '127.0.5.1' },
      { security: 'logged_in', address: '127.0.5.1' },
      { security: 'login_failed', address: '127.0.5.2', reason: 'wrong name or password' },
    ])
    expect(api.output()).not.toContain('hidden horse')
  })

  test('is recorded when its WebSocket is refused, with the address of the client', async () => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'x-forwarded-for': '198.51.100.9',
      authorization: 'Bearer nonsense',
    }
    expect((await ask(edge.url, { from: '127.0.6.1', headers })).status).toBe(401)
    const refusals = () =>
      websocket
        .output()
        .split('\n')
        .filter((line) => line.includes('"security":"refused"'))
    await eventually(() => expect(refusals()).toHaveLength(1))
    expect(JSON.parse(refusals()[0] ?? '')).toMatchObject({
      address: '127.0.6.1',
      action: 'upgrade',
      reason: 'unauthorized',
    })
    expect(websocket.output()).not.toContain('nonsense')
  })

  function recorded(user: string): unknown[] {
    const lines = api.output().split('\n')
    return lines.filter((line) => line.includes(`"user":"${user}"`)).map((line) => JSON.parse(line) as unknown)
  }
})

describe('a page of another host', () => {
  const path = '/api/chat/rooms'
  const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' }

  test('may call the API when its origin is allowed, with a token and without cookies', async () => {
    const { status, headers } = await ask(proxy.url + path, { method: 'OPTIONS', headers: { ...PAGE, ...preflight } })
    expect(status).toBe(204)
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-headers': 'Authorization, Content-Type',
    })
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
    const answer = await ask(proxy.url + path, { method: 'POST', headers: PAGE })
    expect(answer).toMatchObject({ status: 401, headers: { 'access-control-allow-origin': ORIGIN } })
  })

  test('may read nothing when its origin is not allowed', async () => {
    for (const headers of [{ origin: 'https://evil.example.com' }, { origin: 'null' }, { origin: `${ORIGIN}.evil` }])
      for (const method of ['OPTIONS', 'POST'])
        expect(
          (await ask(proxy.url + path, { method, headers: { ...headers, ...preflight } })).headers,
        ).not.toHaveProperty('access-control-allow-origin')
  })
})

test('no answer is stored, or taken for another type', async () => {
  const paths = ['/api/chat/rooms/x/messages', '/api/users/nothing', '/actuator/health']
  for (const path of paths)
    expect((await ask(api.http + path)).headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
})
