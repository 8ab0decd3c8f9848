import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { eventually, uniqueName } from '@chat-app/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiError, ChatClient, createRoom, login, register } from '../client/index.ts'
import { listen, portOf } from '../src/support/http-server.ts'
import { makePair, namesOf, newNames, removeProbes } from '../src/prove/accounts.ts'
import { Chat } from '../src/prove/chat.ts'
import { Balancer } from './balancer.ts'
import { JWT_SECRET, runCommand, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'
import { TamperingProxy, type Tamper } from './tampering-proxy.ts'

/** The limits that a release has without any configuration. */
const CONFIG_FILE = fileURLToPath(new URL('../config/production.yml', import.meta.url))
const MESSAGES = 5000
/** Enough to see a fault of one message in a thousand. */
const FEWER_MESSAGES = 3000
const OUTAGE_MS = 8000
/** Longer than other tests keep the machine busy. */
const REPEAT_MS = 400_000
const EX_TEMPFAIL = 75
/** The event that a fault of a single event concerns. */
const TAMPERED = 300

let store: Store
let redis: RedisServer
let folder: string
let [oldApi, oldWebSocket, newApi, newWebSocket]: Service[] = []

const shared = () => ({ DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET, CONFIG_FILE })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-prove-'))
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  ;[oldApi, oldWebSocket, newApi, newWebSocket] = await Promise.all([
    startService('api', shared()),
    startService('websocket', { ...shared(), NODE_ID: 'old-websocket' }),
    startService('api', shared()),
    startService('websocket', { ...shared(), NODE_ID: 'new-websocket' }),
  ])
})

afterAll(async () => {
  await Promise.all([oldApi?.stop(), oldWebSocket?.stop(), newApi?.stop(), newWebSocket?.stop()])
  await Promise.all([redis?.stop(), store?.[Symbol.asyncDispose]()])
  await rm(folder, { recursive: true, force: true })
})

/** A proof as its Job runs it, with an owner of its own. */
async function settings(part: 'before' | 'during', variables: Record<string, string> = {}) {
  const TERMINATION_LOG = join(folder, uniqueName('log'))
  await writeFile(TERMINATION_LOG, '')
  const owner = uniqueName('owner')
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(-12)
  const env = {
    ...shared(),
    SERVER_HOST: '127.0.0.1',
    SERVER_PORT: '0',
    TERMINATION_LOG,
    PROOF_PART: part,
    PROOF_OWNER: owner,
    PROOF_API_URL: oldApi?.http ?? '',
    PROOF_WEBSOCKET_URL: oldWebSocket?.ws ?? '',
    ...(part === 'before' && {
      PROOF_NEW_API_URL: newApi?.http ?? '',
      PROOF_NEW_WEBSOCKET_URL: newWebSocket?.ws ?? '',
      PROOF_MESSAGES: String(FEWER_MESSAGES),
    }),
    ...variables,
  }
  const report = async () => JSON.parse(await readFile(TERMINATION_LOG, 'utf8')) as Report
  return { env, owner, report }
}

interface Report {
  readonly verdict: string
  readonly message: string
  readonly sent: number
  readonly acknowledged: number
  readonly longestGapMs: number
  readonly seconds: number
  readonly reconnects: readonly number[]
  readonly [field: string]: unknown
}

async function prove(part: 'before' | 'during', variables: Record<string, string> = {}) {
  const { env, owner, report } = await settings(part, variables)
  const { code, output } = await runCommand('prove', env)
  return { code, output, owner, report: await report() }
}

/** Repeats a proof that says nothing, as its Job does: what a machine is too slow for is excused. */
async function repeat<T extends { code: number | null }>(proof: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + REPEAT_MS
  for (;;) {
    const result = await proof()
    if (result.code !== EX_TEMPFAIL || performance.now() > deadline) return result
  }
}

/** What proofs of an owner have in the database; of all owners without one. */
async function leftovers(owner = ''): Promise<Record<string, number>> {
  const like = `\\_probe.${owner}%`
  const [row] = await store.database.query(
    `SELECT (SELECT COUNT(*) FROM users WHERE name LIKE ?) AS users,
            (SELECT COUNT(*) FROM rooms WHERE slug LIKE ?) AS rooms,
            (SELECT COUNT(*) FROM memberships WHERE member LIKE ?) AS memberships,
            (SELECT COUNT(*) FROM room_events WHERE sender LIKE ?) AS events`,
    [like, like, like, like],
  )
  return { ...row }
}

const NOTHING = { users: 0, rooms: 0, memberships: 0, events: 0 }

describe('before a release is served', () => {
  test('a healthy one passes 5000 messages, and nothing of them stays', async () => {
    const startedAt = performance.now()
    const { code, output, owner, report } = await repeat(() => prove('before', { PROOF_MESSAGES: String(MESSAGES) }))
    const tookMs = Math.round(performance.now() - startedAt)

    const used = /"cpuSeconds":.*"maxMemoryMib":\d+/.exec(output)?.[0]
    process.stdout.write(
      `${MESSAGES} messages in ${report.seconds} s, ${tookMs} ms in all, ${used}: ${report.message}\n`,
    )
    expect(report).toMatchObject({
      proof: 'before',
      verdict: 'Passed',
      sent: MESSAGES,
      acknowledged: MESSAGES,
      lost: 0,
      duplicated: 0,
      reordered: 0,
      reconnects: [0, 0],
    })
    expect(code).toBe(0)
    expect(await leftovers(owner)).toEqual(NOTHING)
  })

  let kept: string | undefined
  let stall: Promise<unknown> | undefined
  const faults: readonly (readonly [string, RegExp, Tamper])[] = [
    [
      'loses 1 event in 1000',
      /^\d+ of \d+ messages (was|were) lost: the message with seq \d+ did not reach the user at the new processes/,
      (event, number, deliver) => number % 1000 !== 0 && deliver(event),
    ],
    [
      'delivers an event twice',
      /^1 of \d+ messages was delivered twice: message [ab]-\d+ \(seq 300\) reached the user at the new processes twice/,
      (event, number, deliver) => {
        deliver(event)
        if (number === TAMPERED) deliver(event)
      },
    ],
    [
      'swaps two events',
      /^1 of \d+ messages was out of order: message [ab]-\d+ \(seq 300\) reached the user at the new processes after/,
      (event, number, deliver) => {
        if (number === TAMPERED) {
          kept = event
          return
        }
        deliver(event)
        if (kept !== undefined) deliver(kept)
        kept = undefined
      },
    ],
    [
      'delivers nothing for 5 s',
      /^message b-\d+ waited for its delivery to the user at the new processes \d\.\d s, more than 3\.0 s/,
      (event, number, deliver) => {
        if (number < TAMPERED) return deliver(event)
        if (number === TAMPERED) stall = sleep(5000)
        void stall?.then(() => deliver(event))
      },
    ],
  ]

  test.for(faults)('one that %s fails', async ([, message, tamper]) => {
    const { code, owner, report } = await repeat(async () => {
      await using proxy = await TamperingProxy.start(newWebSocket?.ws ?? '', tamper)
      // Awaited before the proxy is closed.
      return await prove('before', { PROOF_NEW_WEBSOCKET_URL: proxy.url })
    })

    expect(report).toMatchObject({ verdict: 'Failed', message: expect.stringMatching(message) })
    expect(code).toBe(65)
    expect(report.acknowledged).toBeGreaterThan(TAMPERED / 2)
    expect(await leftovers(owner)).toEqual(NOTHING)
  })

  test('an outage of the database is not the fault of the release', async () => {
    const { env, report } = await settings('before', { PROOF_MESSAGES: String(MESSAGES) })
    const proof = await startService('prove', env)
    await store.mariaDb.kill()
    await sleep(OUTAGE_MS)
    await store.mariaDb.start()

    expect(await proof.exited()).toBe(75)
    const { verdict, message, longestGapMs, acknowledged } = await report()
    expect(message).toMatch(/waited for its delivery to .* s, for .* s of which the database did not answer$/)
    expect(verdict).toBe('Inconclusive')
    expect(longestGapMs).toBeGreaterThan(OUTAGE_MS)
    expect(acknowledged).toBe(MESSAGES)
  })

  test('an outage of Redis only delays messages', async () => {
    const { env, report } = await settings('before', { PROOF_MESSAGES: String(MESSAGES) })
    const proof = await startService('prove', env)
    await redis.kill()
    await sleep(OUTAGE_MS / 2)
    await redis.start()

    const code = await proof.exited()
    const { message, verdict, lost } = await report()
    // On a slow machine the gap may be too long to say anything.
    expect([0, 75], `${verdict}: ${message}`).toContain(code)
    expect(lost).toBe(0)
  })

  test('one whose processes nobody can reach fails, with the address and the reason', async () => {
    const { code, report } = await prove('before', {
      PROOF_NEW_WEBSOCKET_URL: 'ws://127.0.0.1:1',
      PROOF_TIMEOUT_SECONDS: '15',
    })

    expect(report).toMatchObject({
      verdict: 'Failed',
      message: expect.stringMatching(
        /^no user could join at http:\/\/127\.0\.0\.1:\d+ and ws:\/\/127\.0\.0\.1:1 for 5 s: .*ECONNREFUSED/,
      ),
    })
    expect(code).toBe(65)
  })

  test('one is not compared with a release that knows no users of a proof', async () => {
    const older = createServer((_request, response) => response.writeHead(400).end('{"error":{"code":"bad_request"}}'))
    await listen(older, '127.0.0.1', 0)

    const { code, owner, report } = await prove('before', { PROOF_API_URL: `http://127.0.0.1:${portOf(older)}` })
    older.close()

    expect(report).toMatchObject({ verdict: 'Skipped', message: expect.stringContaining('is older') })
    expect(code).toBe(2)
    expect(await leftovers(owner)).toEqual(NOTHING)
  })

  test('the configuration is invalid', async () => {
    const { code, report } = await prove('before', { PROOF_OWNER: 'A', PROOF_NEW_API_URL: '' })

    expect(code).toBe(78)
    expect(report).toEqual({
      reason: 'ConfigInvalid',
      error: expect.stringMatching(
        /PROOF_OWNER: "A" must be 8 to 16 of .*\n.*PROOF_NEW_API_URL: is missing: must be a URL/,
      ),
    })
  })

  test('nothing is said when the pods that run cannot be reached', async () => {
    const { code, report } = await prove('before', {
      PROOF_WEBSOCKET_URL: 'ws://127.0.0.1:1',
      PROOF_TIMEOUT_SECONDS: '10',
    })

    expect(report).toMatchObject({ verdict: 'Inconclusive', message: expect.stringContaining('ECONNREFUSED') })
    expect(code).toBe(75)
  })
})

describe('during a rollout', () => {
  test('the chat goes on until SIGTERM, over a process that is drained, and passes', async () => {
    const [one, two] = [oldWebSocket?.port ?? 0, newWebSocket?.port ?? 0]
    await using balancer = await Balancer.start(one, two)
    const PROOF_WEBSOCKET_URL = `ws://127.0.0.1:${balancer.port}`
    const { env, owner, report } = await settings('during', { PROOF_WEBSOCKET_URL })
    const proof = await startService('prove', env)
    balancer.ports = [two]
    oldWebSocket?.kill('SIGTERM')
    await oldWebSocket?.exited()
    await oldWebSocket?.restart()
    const { events = 0 } = await leftovers(owner)
    await eventually(async () => expect((await leftovers(owner))['events']).toBeGreaterThan(events + 100))
    proof.kill('SIGTERM')

    const code = await proof.exited()
    const { verdict, message, acknowledged, reconnects } = await report()
    expect({ code, verdict }, message).toEqual({ code: 0, verdict: 'Passed' })
    expect(acknowledged).toBeGreaterThanOrEqual(events + 100)
    expect(reconnects.toSorted((a, b) => a - b)).toEqual([0, 1])
    expect(await leftovers(owner)).toEqual(NOTHING)
  })

  test('a process that stands still is named, so that one of the former release is not taken for the new one', async () => {
    const [old, fresh] = [oldWebSocket?.port ?? 0, newWebSocket?.port ?? 0]
    const { code, report } = await repeat(async () => {
      await using balancer = await Balancer.start(old, fresh)
      const { env, report: read } = await settings('during', {
        PROOF_WEBSOCKET_URL: `ws://127.0.0.1:${balancer.port}`,
      })
      const proof = await startService('prove', env)
      oldWebSocket?.kill('SIGSTOP')
      const exited = await proof.exited().finally(() => oldWebSocket?.kill('SIGCONT'))
      return { code: exited, report: await read() }
    })
    expect(report.verdict).toBe('Failed')
    // A message over HTTP waits for the API too, of which no answer tells the process.
    expect(report.processes).toContain('old-websocket')
    expect(report.processes).not.toContain('new-websocket')
    expect(code).toBe(65)
  })

  test('what a killed proof leaves is removed by the next one', async () => {
    const { env, owner, report } = await settings('during')
    const proof = await startService('prove', env)
    await proof.stop()
    expect(await leftovers(owner)).toEqual({
      users: 2,
      rooms: 1,
      memberships: 2,
      events: expect.toSatisfy((count) => count >= 200),
    })

    const next = await startService('prove', env)
    expect(await leftovers(owner)).toMatchObject({ users: 2, rooms: 1, memberships: 2 })
    next.kill('SIGTERM')

    const code = await next.exited()
    const { verdict, message } = await report()
    expect({ code, verdict }, message).toEqual({ code: 0, verdict: 'Passed' })
    expect(await leftovers(owner)).toEqual(NOTHING)
  })
})

describe('the names of a proof', () => {
  test('nobody can register or create', async () => {
    const name = '_probe.aaaaaaaa.0123456789abcdef'
    const user = { name, password: 'correct horse' }
    const token = await store.token()

    await expect(register(oldApi?.http ?? '', user)).rejects.toMatchObject({ status: 400, field: 'name' })
    await expect(createRoom(oldApi?.http ?? '', token, { room: name })).rejects.toMatchObject({
      status: 400,
      field: 'room',
    })
    expect(await leftovers('aaaaaaaa')).toEqual(NOTHING)
  })

  test('log in only with their password', async () => {
    const owner = 'names000'
    const { users } = await makePair(store.database, newNames(owner))
    const [{ name, password }] = users

    await expect(login(oldApi?.http ?? '', { name, password: 'another one' })).rejects.toMatchObject({ status: 401 })
    expect(await login(oldApi?.http ?? '', { name, password })).toMatchObject({ name, token: expect.any(String) })
    await removeProbes(store.database, namesOf(owner))
    await expect(login(oldApi?.http ?? '', { name, password })).rejects.toBeInstanceOf(ApiError)
  })

  test('that are old are removed, whoever made them', async () => {
    await makePair(store.database, newNames('gone0000'))
    await makePair(store.database, newNames('young000'))
    for (const [table, name, time] of [
      ['users', 'name', 'created_at'],
      ['rooms', 'slug', 'created_at'],
      ['memberships', 'member', 'joined_at'],
    ]) {
      const age = `UPDATE ${table} SET ${time} = ${time} - 2 * 3600 * 1000 - 1000 WHERE ${name} LIKE '\\_probe.gone0000.%'`
      await store.database.execute(age)
    }

    await removeProbes(store.database, namesOf('other000'))

    expect(await leftovers('gone0000')).toEqual(NOTHING)
    expect(await leftovers('young000')).toMatchObject({ users: 2, rooms: 1, memberships: 1 })
    await removeProbes(store.database, namesOf('young000'))
  })

  test('of one process are removed without those of another one of the owner', async () => {
    const [leaving, running] = [newNames('same0000'), newNames('same0000')]
    for (const names of [leaving, running]) await makePair(store.database, names)
    await removeProbes(store.database, leaving)
    expect(await leftovers('same0000')).toMatchObject({ users: 2, rooms: 1, memberships: 1 })
    await removeProbes(store.database, namesOf('same0000'))
    expect(await leftovers('same0000')).toEqual(NOTHING)
  })

  test('are the only ones that a process tells its name', async () => {
    const { users } = await makePair(store.database, newNames('told0000'))
    const [{ name, password }] = users
    const { token: probe } = await login(oldApi?.http ?? '', { name, password })
    const told: unknown[] = []
    for (const token of [probe, await store.token()]) {
      const client = new ChatClient(oldWebSocket?.ws ?? '', { token })
      client.on('connected', (node) => told.push(node))
      await client.ready()
      await client.close()
    }
    expect(told).toEqual(['old-websocket', undefined])
    await removeProbes(store.database, namesOf('told0000'))
  })

  test('count in no statistic', async () => {
    const before = (await oldWebSocket?.metrics())?.get('chat_messages_acknowledged_total')
    const pair = await makePair(store.database, newNames('counted0'))
    const site = { api: oldApi?.http ?? '', webSocket: oldWebSocket?.ws ?? '' }
    const place = { site, name: 'the only process' }
    const rates = { messagesPerSecond: 100, requestsPerSecond: 10 }
    const chat = new Chat({ pair, places: [place, place], longMs: 1000, target: 100, ...rates })
    await eventually(() => chat.users.every(({ isIn }) => isIn))
    chat.start()
    await eventually(() => expect(chat.ledger.complete).toBe(100))
    const metrics = await oldWebSocket?.metrics()

    expect(metrics?.get('chat_connections')).toBe(2)
    expect(metrics?.get('chat_users')).toBe(0)
    expect(metrics?.get('chat_messages_acknowledged_total')).toBe(before)
    await chat.close()
    await removeProbes(store.database, namesOf('counted0'))
  })
})
