import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, count, createRoom, register, type ChatClient } from '@chat-app/services/client'
import type { UsersLine } from './exchange.ts'
import type { Exchange } from './report.ts'

/** Settings from the environment variables of the Job in exchange.ts. */
interface Settings {
  readonly apiUrl: string
  /** URL of the Service, to which a client reconnects. */
  readonly serviceUrl: string
  /** URLs of the pods to which the users connect first, one for each user. */
  readonly firstUrls: readonly string[]
  readonly messages: number
}

const DELIVERY_TIMEOUT_MS = 60_000
/** Slow enough that the exchange takes longer than the drain of a pod. */
const MESSAGES_PER_SECOND = 80
const PROGRESS_INTERVAL_MS = 250

/** Two users in one room, connected to different pods, send messages in turn. Prints the progress and returns the counts. */
async function exchange(settings: Settings): Promise<Exchange> {
  const clients = await Promise.all(settings.firstUrls.map((url, i) => newUser(settings, `user-${i + 1}`, url)))
  const room = await sharedRoom(settings, clients)
  const ackMs: number[] = []
  const start = performance.now()
  const progress = setInterval(
    () => print({ event: 'progress', delivered: fewestDelivered(clients) }),
    PROGRESS_INTERVAL_MS,
  )
  try {
    await sendAll(clients, room, settings.messages, ackMs)
    await allDelivered(clients, settings.messages)
  } finally {
    clearInterval(progress)
  }
  const durationMs = performance.now() - start
  const records = clients.map(({ client }) => client.record)
  await Promise.all(clients.map(({ client }) => client.close()))
  const reconnects = records.reduce((sum, record) => sum + record.reconnects, 0)
  return { ...count(records), reconnects, durationMs, ackMs: percentiles(ackMs) }
}

interface User {
  readonly token: string
  readonly client: ChatClient
}

async function newUser({ apiUrl, serviceUrl }: Settings, name: string, firstUrl: string): Promise<User> {
  const { token } = await register(apiUrl, { name: `${name}-${randomUUID().slice(0, 8)}`, password: randomUUID() })
  let url = firstUrl
  const client = await connect(() => url, { token })
  client.on('disconnected', () => (url = serviceUrl))
  return { token, client }
}

async function sharedRoom({ apiUrl }: Settings, users: readonly User[]): Promise<string> {
  const { room } = await createRoom(apiUrl, users[0]?.token ?? '', { title: 'Demo' })
  for (const { client } of users) await client.join(room)
  return room
}

async function sendAll(users: readonly User[], room: string, messages: number, ackMs: number[]): Promise<void> {
  const acknowledged: Promise<void>[] = []
  const start = performance.now()
  for (let i = 0; i < messages; i++) {
    const { client } = users[i % users.length] as User
    const sentAt = performance.now()
    acknowledged.push(client.send(room, `message ${i + 1}`).then(() => void ackMs.push(performance.now() - sentAt)))
    const aheadMs = ((i + 1) * 1000) / MESSAGES_PER_SECOND - (performance.now() - start)
    if (aheadMs > 1) await sleep(aheadMs)
  }
  await Promise.all(acknowledged)
}

/** Waits until all messages are delivered or the deadline has passed; missing messages are counted as lost. */
async function allDelivered(users: readonly User[], messages: number): Promise<void> {
  const deadline = performance.now() + DELIVERY_TIMEOUT_MS
  while (fewestDelivered(users) < messages && performance.now() < deadline) await sleep(20)
}

function fewestDelivered(users: readonly User[]): number {
  return Math.min(...users.map(({ client }) => client.record.delivered.length))
}

function percentiles(values: readonly number[]): Exchange['ackMs'] {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

function print(line: UsersLine): void {
  console.log(JSON.stringify(line))
}

function settings(): Settings {
  const get = (name: string) => {
    const value = process.env[name]
    if (!value) throw new Error(`${name} is not set`)
    return value
  }
  return {
    apiUrl: get('API_URL'),
    serviceUrl: get('WEBSOCKET_URL'),
    firstUrls: get('FIRST_URLS').split(','),
    messages: Number(get('MESSAGES')),
  }
}

try {
  print({ event: 'result', ...(await exchange(settings())) })
} catch (error) {
  print({ event: 'error', message: (error as Error).message })
  process.exitCode = 1
}
