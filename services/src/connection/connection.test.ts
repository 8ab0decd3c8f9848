import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '@chat-app/testing'
import type { StoredEvent } from '../protocol/events.ts'
import { LiveRoom } from '../room/live-room.ts'
import type { Sessions } from '../session/sessions.ts'
import type { RoomKey } from '../store/rooms.ts'
import { MAX_BUFFERED_BYTES, MAX_PAGE_EVENTS, MAX_REPLAY_PAGE_BYTES } from '../support/limits.ts'
import { Semaphore } from '../support/semaphore.ts'
import { Buffers } from './buffers.ts'
import type { ConnectionServices } from './connection.ts'
import type { FeedServices } from '../feed/feed-services.ts'
import { handleWriter } from './frame-writer.ts'
import { SocketServer } from './server.ts'
import { Flushes } from './turn.ts'
import { Users } from './users.ts'

const KIB = 1024
const EVENTS = 400
/** The answers that ws adds to what waits: a head for each frame. */
const HEADS_BYTES = 64 * KIB

let server: Server | undefined
let client: WebSocket | undefined
afterEach(() => {
  client?.terminate()
  server?.close()
})

/** A server with rooms of 400 events of 4 KiB, and one client. The most bytes that waited for it are counted. */
async function connect() {
  const buffers = new Buffers(1024 * KIB * KIB)
  server = createServer()
  new SocketServer({ nodeId: 'node-1', server, services: services(buffers), rules: rules() })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    headers: { Authorization: 'Bearer any' },
  })
  await once(client, 'open')
  let most = 0
  const watch = setInterval(() => (most = Math.max(most, buffers.usedBytes)), 1)
  client.once('close', () => clearInterval(watch))
  return { client, buffers, most: () => (most = Math.max(most, buffers.usedBytes)) }
}

function rules() {
  const session = { user: 'mallory', tokenId: 't', issuedAt: 0, expiresAt: Infinity }
  const userConnections = { take: () => Promise.resolve(), release: () => undefined }
  const sessions = { verify: () => Promise.resolve(session), onRevoked: () => undefined } as unknown as Sessions
  return { sessions, allowedOrigins: [], maxConnections: 10, userConnections, queries: new Semaphore(1, 1) }
}

function services(buffers: Buffers): ConnectionServices {
  const rooms = {
    key: (slug: string): Promise<RoomKey> => Promise.resolve({ id: Number(slug), slug, channel: slug }),
    enrol: () => Promise.resolve({ role: 'member', fromSeq: 0 }),
    head: ({ id }: RoomKey) => Promise.resolve({ id, epoch: 1, lastSeq: EVENTS }),
  }
  const page = (_room: number, from: number) => {
    const length = Math.min(MAX_PAGE_EVENTS, EVENTS - from)
    const events = Array.from({ length }, (_, index) => event(from + index + 1))
    return Promise.resolve({ lastSeq: EVENTS, events })
  }
  const hub = {
    enter: (key: RoomKey) =>
      Promise.resolve(new LiveRoom(roomOptions(key), { epoch: 1, lastSeq: EVENTS, last: undefined })),
    leave: () => undefined,
  }
  return {
    ...({ rooms, events: { page }, hub } as unknown as ConnectionServices),
    operations: { rooms, features: { isOn: false } } as unknown as ConnectionServices['operations'],
    reads: new Semaphore(3, 1000),
    heartbeat: { intervalMs: 60_000, timeoutMs: 60_000 },
    users: new Users({ perSecond: 0, burst: 1 }),
    feeds: feeds(),
    buffers,
    writeFrame: handleWriter(),
    flushes: new Flushes(),
    onError: (error) => expect.fail(String(error)),
  }
}

/** Nothing is told beside the events. */
function feeds(): FeedServices {
  return {
    presence: { connected: () => undefined, disconnected: () => undefined, watch: () => undefined },
    followed: { follow: () => undefined, unfollow: () => undefined },
    marks: { hurry: () => undefined },
    userInboxes: { leave: () => undefined },
  } as unknown as FeedServices
}

function event(seq: number): StoredEvent {
  return { seq, kind: 'message', sender: 'alice', clientId: `c${seq}`, body: 'x'.repeat(4 * KIB), at: 0 }
}

function roomOptions(key: RoomKey) {
  return {
    key,
    read: () => Promise.resolve({ lastSeq: EVENTS, events: [] }),
    raiseEpoch: () => Promise.resolve(false),
    raiseOlderEpoch: () => Promise.resolve(false),
    ringFrames: 1,
    budget: { usedBytes: 0, maxBytes: KIB },
  }
}

test('the replays of many rooms to a slow reader keep no more bytes than its bound and a page', async () => {
  const { client, buffers, most } = await connect()
  const seen = new Map<string, number>()
  client.on('message', (data: Buffer) => {
    const { type, room, seq } = JSON.parse(data.toString()) as { type: string; room: string; seq: number }
    if (type === 'event') seen.set(room, seq)
  })
  for (let room = 1; room <= 40; room += 1) {
    client.send(JSON.stringify({ type: 'join', room: String(room), after: { epoch: 1, seq: 0 } }))
  }
  // It reads for a moment, so that many replays begin, and then no more.
  await eventually(() => expect(seen.size).toBeGreaterThan(20))
  client.pause()
  await eventually(() => expect(buffers.usedBytes).toBeGreaterThan(0))
  client.resume()
  await eventually(() => expect([...seen.values()].filter((seq) => seq === EVENTS)).toHaveLength(40))

  expect(most()).toBeLessThan(MAX_BUFFERED_BYTES + 2 * MAX_REPLAY_PAGE_BYTES + HEADS_BYTES)
})

test('a client that sends pings and reads nothing keeps no more bytes than its bound', async () => {
  const { client, buffers, most } = await connect()
  let pongs = 0
  client.on('pong', () => (pongs += 1))
  client.pause()
  const data = Buffer.alloc(125)
  // 19 MB, more than the kernel keeps for both ends.
  for (let round = 0; round < 150; round += 1) {
    for (let i = 0; i < 1000; i += 1) client.ping(data)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await eventually(() => expect(client.bufferedAmount).toBe(0))

  expect(most()).toBeLessThan(2 * MAX_BUFFERED_BYTES)
  client.resume()
  await eventually(() => expect(buffers.usedBytes).toBe(0))
  const before = pongs
  client.ping(data)
  await eventually(() => expect(pongs).toBeGreaterThan(before))
})
