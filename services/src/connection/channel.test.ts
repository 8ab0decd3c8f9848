import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { eventually } from '@chat-app/testing'
import { LiveRoom } from '../room/live-room.ts'
import type { Events } from '../store/events.ts'
import { MAX_BUFFERED_BYTES } from '../support/limits.ts'
import { Buffers } from './buffers.ts'
import { Channel } from './channel.ts'
import { handleWriter, writeThroughWs, type FrameWriter } from './frame-writer.ts'
import { Subscription } from './subscription.ts'
import { Flushes } from './turn.ts'

const KIB = 1024
const MIB = 1024 * KIB
const KEY = { id: 1, slug: 'room', channel: 'c' }

const servers: Server[] = []
const clients: Client[] = []
afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.terminate()
  for (const server of servers.splice(0)) server.close()
})

/** One end of a connection, and the channel of the other end. */
interface Client {
  readonly socket: WebSocket
  readonly channel: Channel
  readonly closed: Promise<unknown>
  /** The types of the frames that arrived, or the numbers of events. */
  readonly received: (string | number)[]
}

/** Accepts connections whose channels share `buffers`. */
async function listen(buffers: Buffers, writeFrame: FrameWriter = handleWriter()): Promise<() => Promise<Client>> {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })
  const accepted: { channel: Channel; closed: Promise<unknown> }[] = []
  const server = createServer().on('upgrade', (request, socket: Duplex, head) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => undefined)
      accepted.push({
        channel: new Channel(webSocket, socket, { writeFrame, buffers, flushes: new Flushes() }),
        closed: once(webSocket, 'close'),
      })
    })
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const received: (string | number)[] = []
    socket.on('message', (data: Buffer) => {
      const { type, seq } = JSON.parse(data.toString()) as { type: string; seq: number }
      received.push(type === 'event' ? seq : type)
    })
    await once(socket, 'open')
    const { channel, closed } = accepted.pop()!
    const client = { socket, channel, closed, received }
    clients.push(client)
    return client
  }
}

function room(): LiveRoom {
  return new LiveRoom(
    {
      key: KEY,
      read: () => Promise.resolve({ lastSeq: 0, events: [] }),
      raiseEpoch: () => Promise.resolve(false),
      raiseOlderEpoch: () => Promise.resolve(false),
      ringFrames: 10,
      budget: { usedBytes: 0, maxBytes: MIB },
    },
    { epoch: 1, lastSeq: 0, last: undefined },
  )
}

async function subscribe(live: LiveRoom, { channel: outlet }: Client): Promise<void> {
  const lastSeq = () => Promise.resolve(live.head)
  const subscription = new Subscription({
    room: live,
    user: 'bob',
    reader: () => Promise.resolve({ userId: 1, isStaff: false, fromSeq: 0 }),
    outlet,
    events: {} as Events,
    limit: (work) => work(),
    inTurn: (work) => work(),
    lastSeq,
    onStopped: () => undefined,
    onRemoved: () => undefined,
  })
  await subscription.start(undefined)
}

const event = (seq: number, bytes: number) =>
  Buffer.from(JSON.stringify({ type: 'event', seq, body: 'x'.repeat(bytes) }))

test('readers that read nothing keep no more bytes than the budget of the process, and the others get every event', async () => {
  const buffers = new Buffers(4 * MIB, { patienceMs: Infinity })
  const open = await listen(buffers)
  const live = room()
  const [honest, ...slow] = await Promise.all(Array.from({ length: 61 }, open))
  await Promise.all(clients.map((client) => subscribe(live, client)))
  await eventually(() => expect(clients.every(({ received }) => received[0] === 'joined')).toBe(true))
  for (const { socket } of slow) socket.pause()

  // 60 readers with the bound of one connection alone would keep 60 MiB.
  let most = 0
  for (let seq = 1; seq <= 800; seq += 1) {
    live.receive(1, seq, event(seq, 16 * KIB))
    most = Math.max(most, buffers.usedBytes)
    while (honest?.received.at(-1) !== seq) await once(honest!.socket, 'message')
  }

  // A reader that keeps little may get one frame more.
  expect(most).toBeLessThan(1.5 * 4 * MIB + 60 * 17 * KIB)
  expect(most).toBeGreaterThan(2 * MIB)
  expect(honest?.received).toEqual(['joined', ...Array.from({ length: 800 }, (_, index) => index + 1)])
  for (const { socket } of slow) socket.resume()
  await eventually(() => expect(slow.filter(({ received }) => received.at(-1) === 'resume_needed')).toHaveLength(60))
  await eventually(() => expect(buffers.usedBytes).toBe(0))
})

test('while others that read nothing fill the budget a client gets every event, until the largest of them is cut', async () => {
  const cutBytes: number[] = []
  const buffers = new Buffers(2 * MIB, { patienceMs: 1500, onCut: (bytes) => cutBytes.push(bytes) })
  const open = await listen(buffers)
  const live = room()
  const honest = await open()
  await subscribe(live, honest)
  await eventually(() => expect(honest.received).toEqual(['joined']))
  const slow = [await open(), await open(), await open(), await open(), await open(), await open()]
  const fill = async () => {
    for (const [index, { socket, channel }] of slow.entries()) {
      socket.pause()
      while (channel.refusedBytes < (index + 1) * 128 * KIB) {
        channel.send({ type: 'left', room: 'x'.repeat(16 * KIB) })
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }
  await fill()
  await fill()
  expect(buffers.usedBytes).toBeGreaterThan(2 * MIB)

  // More in one turn of the event loop than a connection may keep.
  let seq = 0
  const burst = async () => {
    for (let i = 0; i < 20; i += 1) live.receive(1, (seq += 1), event(seq, 4 * KIB))
    await eventually(() => expect(honest.received.at(-1)).toBe(seq))
  }
  let whileFull = 0
  for (; buffers.usedBytes > 2 * MIB; whileFull += 1) await burst()
  await burst()

  expect(whileFull).toBeGreaterThan(0)
  expect(honest.received).toEqual(['joined', ...Array.from({ length: seq }, (_, index) => index + 1)])
  expect(cutBytes).toEqual([expect.any(Number)])
  expect(cutBytes[0]).toBeGreaterThanOrEqual(640 * KIB)
  await slow.at(-1)?.closed
  expect([honest, ...slow].map(({ channel }) => channel.isOpen)).toEqual([true, true, true, true, true, true, false])
})

test.for([
  ['to the handle', handleWriter()],
  ['through ws', writeThroughWs],
] as const)(
  'the bytes of a reader are counted until it has read them or is gone, written %s',
  async ([, writeFrame]) => {
    const buffers = new Buffers(64 * MIB)
    const open = await listen(buffers, writeFrame)
    const [reads, leaves] = [await open(), await open()]
    for (const { socket, channel } of [reads, leaves]) {
      socket.pause()
      while (!channel.isSlow) {
        for (let i = 0; i < 64; i += 1) channel.send({ type: 'left', room: 'x'.repeat(16 * KIB) })
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    expect(buffers.usedBytes).toBeGreaterThan(2 * MAX_BUFFERED_BYTES)
    expect(reads.channel.isSlow).toBe(true)

    leaves.socket.terminate()
    await leaves.closed
    const left = buffers.usedBytes
    expect(left).toBeGreaterThan(MAX_BUFFERED_BYTES)
    reads.socket.resume()
    await eventually(() => expect(buffers.usedBytes).toBe(0))
    expect(reads.channel.isSlow).toBe(false)
  },
)

test('waiting for a slow reader takes no timer, and ends when it reads or is gone', async () => {
  const open = await listen(new Buffers(64 * MIB))
  const [reads, leaves] = [await open(), await open()]
  const waits: Promise<void>[] = []
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  for (const { socket, channel } of [reads, leaves]) {
    socket.pause()
    while (!channel.isSlow) {
      for (let i = 0; i < 64; i += 1) channel.send({ type: 'left', room: 'x'.repeat(16 * KIB) })
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const before = timers()
  for (const { channel } of [reads, leaves]) for (let i = 0; i < 100; i += 1) waits.push(channel.drained())
  expect(timers()).toBe(before)

  reads.socket.resume()
  await Promise.all(waits.slice(0, 100))
  expect(reads.channel.isSlow).toBe(false)
  expect(leaves.channel.isSlow).toBe(true)
  leaves.socket.terminate()
  await Promise.all(waits)
})
