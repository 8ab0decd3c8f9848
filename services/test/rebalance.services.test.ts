import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { eventually, must, uniqueName } from '@chat-app/testing'
import { connect, count, createRoom, signToken, type ChatClient } from '../client/index.ts'
import { JWT_SECRET as secret, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'

const CLIENTS = 200
const CLIENTS_OF_ROOM = 20
const SEND_INTERVAL_MS = 200
/** As many moves show the share, and come within a minute. */
const MOVES = 20

let store: Store
let redis: RedisServer
let api: Service
const processes: Service[] = []
const clients: ChatClient[] = []
let sending: NodeJS.Timeout | undefined

beforeAll(async () => {
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  ;[api] = await Promise.all([startService('api', env()), addProcess()])
})

afterAll(async () => {
  clearInterval(sending)
  await Promise.all(clients.map((client) => client.close()))
  await Promise.all([api, ...processes].map((service) => service?.stop()))
  await Promise.all([redis?.stop(), store?.[Symbol.asyncDispose]()])
})

function env() {
  return { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET: secret, REBALANCE_PERCENT: '50' }
}

async function addProcess(): Promise<void> {
  processes.push(await startService('websocket', env()))
}

/** As a Service of Kubernetes does, each connection goes to any process. */
const anyProcess = () => must(processes[Math.floor(Math.random() * processes.length)], 'a process').ws

async function joinRoom(): Promise<void> {
  const { room } = await createRoom(api.http, signToken(secret, 'owner'))
  for (let i = 0; i < CLIENTS_OF_ROOM; i += 1) {
    const client = await connect(anyProcess, { token: signToken(secret, uniqueName('user')) })
    clients.push(client)
    await client.join(room)
  }
}

/** Lets one client after the other send a message to its room. */
function sendSteadily(): Promise<unknown>[] {
  const sent: Promise<unknown>[] = []
  sending = setInterval(() => {
    const client = must(clients[sent.length % CLIENTS], 'a client')
    const [room] = client.record.joined.keys()
    sent.push(client.send(must(room, 'its room'), 'hello'))
  }, SEND_INTERVAL_MS)
  return sent
}

const metric = async (name: string) =>
  Promise.all(processes.map(async (service) => (await service.metrics()).get(name) ?? 0))

test('a process that is added takes connections from the full one, and nothing is lost', async () => {
  for (let i = 0; i < CLIENTS / CLIENTS_OF_ROOM; i += 1) await joinRoom()
  const closed: { client: ChatClient; code: number; reason: string; at: number }[] = []
  for (const client of clients) {
    client.on('disconnected', (code, reason) => closed.push({ client, code, reason, at: performance.now() }))
  }
  const sent = sendSteadily()

  await addProcess()
  await eventually(async () => expect(await metric('chat_connections_mean')).toEqual([CLIENTS / 2, CLIENTS / 2]))
  expect(closed).toEqual([])
  await eventually(() => expect(closed.length).toBeGreaterThanOrEqual(MOVES))

  const moved = closed.slice(0, MOVES)
  expect(new Set(moved.map(({ code, reason }) => `${code} ${reason}`))).toEqual(new Set(['1012 rebalance']))
  // Half of a surplus of 100 in a minute is at most one in 1.2 s.
  expect(must(moved.at(-1), 'the last').at - must(moved[0], 'the first').at).toBeGreaterThan((MOVES * 1200) / 2)
  await eventually(async () => expect((await metric('chat_connections'))[1]).toBeGreaterThan(0))

  const added = must(processes.pop(), 'the added process')
  added.kill('SIGTERM')
  expect(await added.exited()).toBe(0)
  await eventually(async () => expect(await metric('chat_connections_mean')).toEqual([CLIENTS]))
  const moves = closed.filter(({ reason }) => reason === 'rebalance')
  expect(new Set(moves.map(({ client }) => client)).size).toBe(moves.length)
  expect(await metric('chat_connections_moved_total')).toEqual([moves.length])

  clearInterval(sending)
  await Promise.all(sent)
  const records = clients.map(({ record }) => record)
  await eventually(() =>
    expect(count(records)).toMatchObject({ sent: sent.length, acknowledged: sent.length, lost: 0, duplicated: 0 }),
  )
})
