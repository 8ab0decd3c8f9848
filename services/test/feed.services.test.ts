import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { eventually, must, uniqueName } from '@chat-app/testing'
import { signToken } from '../client/index.ts'
import { Bus } from '../src/fanout/bus.ts'
import { inboxHook } from '../src/commands/inbox.ts'
import { announceEntries } from '../src/fanout/inbox-announcer.ts'
import { Kinds } from '../src/kinds/kinds.ts'
import { Messages, type NewAction } from '../src/room/messages.ts'
import { ChannelNames } from '../src/store/channel-names.ts'
import { statement, type Row } from '../src/store/database.ts'
import { addEntries, type InboxHead, type NewInboxEntry } from '../src/store/inbox.ts'
import type { RoomKey } from '../src/store/rooms.ts'
import { Writer } from '../src/store/writer.ts'
import { openSocket, type Frame, type RawSocket } from './raw-socket.ts'
import { JWT_SECRET as secret, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'

let store: Store
let redis: RedisServer
let one: Service
let two: Service
const ends: (() => unknown)[] = []

beforeAll(async () => {
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  ;[one, two] = await Promise.all([start(), start()])
})

afterAll(async () => {
  for (const end of ends.toReversed()) await end()
  await Promise.all([redis?.stop(), store?.[Symbol.asyncDispose]()])
})

async function start(): Promise<Service> {
  const env = { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET: secret }
  const service = await startService('websocket', env)
  ends.push(() => service.stop())
  return service
}

async function connect(service: Service, user: string): Promise<RawSocket> {
  const socket = await openSocket(service.ws, { token: signToken(secret, user) })
  ends.push(() => socket.socket.terminate())
  return socket
}

/** A registered user. */
async function register(): Promise<{ id: number; name: string }> {
  const name = uniqueName('user')
  const { insertId } = await store.database.execute(
    `INSERT INTO users (name, password_hash, created_at) VALUES (?, 'x', 1)`,
    [name],
  )
  return { id: insertId, name }
}

/** The names of new registered users. */
async function people<T extends string[]>(...roles: T): Promise<{ [Index in keyof T]: string }> {
  const users = await Promise.all(roles.map(() => register()))
  return users.map(({ name }) => name) as { [Index in keyof T]: string }
}

async function room(...members: string[]): Promise<RoomKey> {
  const key = await store.room()
  for (const member of members) await store.rooms.enrol(key, member)
  return key
}

async function send(from: RawSocket, { slug }: RoomKey, ...bodies: string[]): Promise<void> {
  for (const body of bodies) {
    const acknowledged = await from.ask({ type: 'send', room: slug, clientId: uniqueName('m'), body })
    expect(acknowledged).toMatchObject({ type: 'ack' })
  }
}

const last = (socket: RawSocket, type: string): Frame | undefined =>
  socket.frames.findLast((frame) => frame.type === type)

interface Told {
  readonly room: string
  readonly seq: number
  readonly unread?: number
}

/** What was said last of a room to a connection that has not joined it. */
function toldOf(socket: RawSocket, { slug }: RoomKey): Told | undefined {
  const rooms = socket.frames.flatMap((frame) => (frame.type === 'unread' ? (frame['rooms'] as Told[]) : []))
  return rooms.findLast((told) => told.room === slug)
}

describe('sync', () => {
  test('answers 1,000 rooms in frames of 200, and then tells of each of them', async () => {
    const { name } = await register()
    const slugs = Array.from({ length: 1000 }, () => uniqueName('many'))
    await store.database.execute(
      'INSERT INTO rooms (slug, channel, title, created_by, created_at, epoch, last_seq) VALUES ?',
      [slugs.map((slug, i) => [slug, i.toString(16).padStart(16, 'c'), 'Many', 'owner', 1, 7, 3])],
    )
    await store.database.execute(
      `INSERT INTO memberships (room, member, joined_at) SELECT id, ?, 1 FROM rooms WHERE title = 'Many'`,
      [name],
    )
    const client = await connect(two, name)
    const found: Frame[] = []
    for (let at = 0; at < slugs.length; at += 200) {
      const rooms = slugs.slice(at, at + 200).map((room) => ({ room, after: { epoch: 7, seq: 3 } }))
      const answer = await client.ask({ type: 'sync', rooms, requestId: `r${at}` })
      expect(answer).toMatchObject({ type: 'synced', requestId: `r${at}` })
      found.push(...(answer['rooms'] as Frame[]))
    }
    expect(found).toEqual(slugs.map((room) => ({ room, epoch: 7, seq: 3, unread: 0, mentions: 0, readSeq: 0 })))

    const [first, end] = await Promise.all([slugs[0], slugs[999]].map((slug) => store.rooms.key(must(slug, 'a room'))))
    const sender = await connect(one, (await register()).name)
    for (const key of [must(first, 'a room'), must(end, 'a room')]) {
      await sender.ask({ type: 'join', room: key.slug })
      await send(sender, key, 'hello')
      await eventually(() => expect(toldOf(client, key)).toMatchObject({ seq: 4 }))
    }
  })

  test('gives what was missed, a head alone, a reset, and one answer for absent and forbidden', async () => {
    const [alice, bob] = await people('alice', 'bob')
    const [near, far, hidden] = [await room(bob), await room(bob), await room(alice)]
    await store.database.execute(`UPDATE rooms SET kind = 'group', join_rule = 'invite' WHERE id = ?`, [hidden.id])
    const sender = await connect(one, alice)
    for (const { slug } of [near, far]) await sender.ask({ type: 'join', room: slug })
    await send(sender, near, 'one', 'two', 'three')
    for (let i = 0; i < 60; i += 1) sender.send({ type: 'send', room: far.slug, clientId: `f${i}`, body: 'x' })
    const heads = async () => new Map((await store.rooms.heads([near.id, far.id])).map((head) => [head.id, head]))
    await eventually(async () => expect((await heads()).get(far.id)?.lastSeq).toBe(60))
    const { epoch } = must((await heads()).get(near.id), 'a head')

    const client = await connect(two, bob)
    const after = (seq: number) => ({ after: { epoch, seq } })
    const missing = uniqueName('missing')
    const { rooms } = await client.ask({
      type: 'sync',
      rooms: [
        { room: near.slug, ...after(1) },
        { room: far.slug, after: { epoch: must((await heads()).get(far.id), 'a head').epoch, seq: 1 } },
        { room: hidden.slug, ...after(0) },
        { room: missing, ...after(0) },
      ],
    })
    expect(rooms).toMatchObject([
      {
        room: near.slug,
        epoch,
        seq: 3,
        events: [
          { seq: 2, body: 'two', sender: alice },
          { seq: 3, body: 'three' },
        ],
      },
      { room: far.slug, seq: 60, gap: true },
      { room: hidden.slug, error: 'not_found' },
      { room: missing, error: 'not_found' },
    ])
    expect((rooms as Frame[])[1]).not.toHaveProperty('events')

    // Once it follows the room it may ask for the newest page.
    const page = await client.ask({ type: 'history', room: far.slug, limit: 2 })
    expect(page).toMatchObject({ type: 'history', epoch: expect.any(Number), events: [{ seq: 59 }, { seq: 60 }] })
    expect(page['epoch']).toBe((rooms as Frame[])[1]?.['epoch'])
    const again = await client.ask({ type: 'sync', rooms: [{ room: near.slug, after: { epoch: epoch - 1, seq: 3 } }] })
    expect(again['rooms']).toMatchObject([{ room: near.slug, epoch, seq: 3, reset: true }])
    const refused = await client.ask({ type: 'sync', rooms: Array.from({ length: 201 }, () => ({ room: near.slug })) })
    expect(refused).toMatchObject({ type: 'error', code: 'bad_request', field: 'rooms', request: 'sync' })
  })

  test('also tells of a room without Redis', async () => {
    const [alice, bob] = await people('alice', 'bob')
    const key = await room(bob)
    const [sender, client] = [await connect(one, alice), await connect(two, bob)]
    await sender.ask({ type: 'join', room: key.slug })
    await client.ask({ type: 'sync', rooms: [{ room: key.slug }] })
    await redis.kill()
    onTestFinished(() => redis.start())
    await send(sender, key, 'hello')
    await eventually(() => expect(toldOf(client, key)).toMatchObject({ seq: 1 }))
  })
})

describe('a read mark', () => {
  test('reaches the database, the other devices of its user, and those who look at the room', async () => {
    const [alice, bob] = await people('alice', 'bob')
    const key = await room(alice, bob)
    const sender = await connect(one, alice)
    await sender.ask({ type: 'join', room: key.slug })
    await send(sender, key, 'one', 'two', 'three')
    const [phone, desk] = [await connect(one, bob), await connect(two, bob)]
    for (const device of [phone, desk]) {
      const { rooms } = await device.ask({ type: 'sync', rooms: [{ room: key.slug }] })
      expect(rooms).toMatchObject([{ unread: 3, readSeq: 0 }])
    }

    expect(await phone.ask({ type: 'read', room: key.slug, seq: 2 })).toMatchObject({ type: 'read', user: bob, seq: 2 })
    await eventually(() => expect(toldOf(desk, key)).toMatchObject({ unread: 1 }))
    await eventually(() => expect(toldOf(phone, key)).toMatchObject({ unread: 1 }))
    await eventually(() => expect(last(sender, 'read')).toMatchObject({ room: key.slug, user: bob, seq: 2 }))
    expect(await markOf(key, bob)).toEqual({ read_seq: 2, read_no: 2 })

    await desk.ask({ type: 'read', room: key.slug, seq: 1 })
    await desk.ask({ type: 'read', room: key.slug, seq: 3 })
    await eventually(async () => expect(await markOf(key, bob)).toEqual({ read_seq: 3, read_no: 3 }))
    const { rooms } = await (await connect(one, bob)).ask({ type: 'sync', rooms: [{ room: key.slug }] })
    expect(rooms).toMatchObject([{ unread: 0, readSeq: 3 }])
  })

  test('is written when its connection closes, and when the process ends', async () => {
    const third = await start()
    const [alice, bob] = await people('alice', 'bob')
    const key = await room(alice, bob)
    const sender = await connect(one, alice)
    await sender.ask({ type: 'join', room: key.slug })
    await send(sender, key, 'one', 'two')
    const readAndEnd = async (user: string, seq: number, end: (client: RawSocket) => void) => {
      const client = await connect(third, user)
      await client.ask({ type: 'sync', rooms: [{ room: key.slug }] })
      await client.ask({ type: 'read', room: key.slug, seq })
      end(client)
    }
    await readAndEnd(bob, 1, (client) => client.socket.terminate())
    await eventually(async () => expect(await markOf(key, bob)).toMatchObject({ read_seq: 1 }))
    await readAndEnd(bob, 2, () => third.kill('SIGTERM'))
    await third.exited()
    expect(await markOf(key, bob)).toEqual({ read_seq: 2, read_no: 2 })
  })

  test('is refused for a room that the connection does not follow', async () => {
    const key = await room('owner')
    const client = await connect(one, (await register()).name)
    expect(await client.ask({ type: 'read', room: key.slug, seq: 1 })).toMatchObject({
      code: 'forbidden',
      request: 'read',
    })
    expect(await client.ask({ type: 'typing', room: key.slug })).toMatchObject({ code: 'forbidden', room: key.slug })
  })
})

async function markOf(key: RoomKey, member: string): Promise<Row | undefined> {
  const [row] = await store.database.query<Row>(
    'SELECT read_seq, read_no FROM memberships WHERE room = ? AND member = ?',
    [key.id, member],
  )
  return row
}

test('the messages that were changed since are listed in their present form', async () => {
  const { name: bob } = await register()
  const key = await room(bob)
  const sender = await connect(one, (await register()).name)
  const { epoch } = await sender.ask({ type: 'join', room: key.slug })
  await send(sender, key, 'one', 'two', 'three')
  await store.database.execute(
    `UPDATE room_events SET body = 'edited', changed_seq = 9, edited_at = 5 WHERE room = ? AND seq = 2`,
    [key.id],
  )
  const client = await connect(two, bob)
  const ask = { type: 'changes', room: key.slug, epoch, after: 3, upTo: 3 }
  expect(await client.ask(ask)).toMatchObject({
    type: 'changes',
    epoch,
    changedSeq: 3,
    events: [{ seq: 2, kind: 'message', body: 'edited', editedAt: 5, changedSeq: 9 }],
    hasMore: false,
  })
  expect(await client.ask({ ...ask, room: uniqueName('missing') })).toMatchObject({ code: 'not_found' })

  const stranger = await connect(one, (await register()).name)
  expect(await stranger.ask(ask)).toMatchObject({ events: [{ seq: 2 }] })
  await store.database.execute(`UPDATE rooms SET history_rule = 'since-joining' WHERE id = ?`, [key.id])
  expect(await stranger.ask(ask)).toMatchObject({ type: 'changes', events: [], hasMore: false })
})

test('who types is shown to the others in the room, on every process, and not too often', async () => {
  const [alice, bob, carol] = await people('alice', 'bob', 'carol')
  const key = await room(alice, bob, carol)
  const [typist, reader, outside] = [await connect(one, alice), await connect(two, bob), await connect(two, carol)]
  for (const client of [typist, reader]) await client.ask({ type: 'join', room: key.slug })
  await outside.ask({ type: 'sync', rooms: [{ room: key.slug }] })

  const frames = () => reader.frames.filter(({ type }) => type === 'typing')
  await eventually(() => {
    typist.send({ type: 'typing', room: key.slug })
    expect(frames().length).toBeGreaterThan(0)
  })
  const before = frames().length
  for (let i = 0; i < 50; i += 1) typist.send({ type: 'typing', room: key.slug })
  await typist.ask({ type: 'ping' })
  expect(frames()[0]).toEqual({ type: 'typing', room: key.slug, user: alice })
  expect(frames().length).toBeLessThanOrEqual(before + 1)
  for (const client of [typist, outside]) expect(last(client, 'typing')).toBeUndefined()
})

test('who is online is told across processes, and who was on a process that was killed is offline', async () => {
  const third = await start()
  const [alice, bob, carol, nobody] = await people('alice', 'bob', 'carol', 'nobody')
  const watcher = await connect(one, alice)
  await connect(two, bob)
  await connect(third, carol)
  expect(await watcher.ask({ type: 'watch', users: [bob, carol, nobody] })).toMatchObject({ type: 'watching' })
  const state = (user: string) =>
    watcher.frames.findLast((frame) => frame.type === 'presence' && frame['user'] === user)?.['state']
  await eventually(() => expect([bob, carol, nobody].map(state)).toEqual(['online', 'online', 'offline']))

  third.kill('SIGKILL')
  const killedAt = performance.now()
  await eventually(() => expect(state(carol)).toBe('offline'))
  expect(performance.now() - killedAt).toBeLessThan(60_000)
  expect(state(bob)).toBe('online')
})

describe('the inbox', () => {
  async function add(...entries: NewInboxEntry[]): Promise<InboxHead[]> {
    return store.database.useReserved(async (connection) => {
      await statement(connection, 'START TRANSACTION')
      const heads = await addEntries(connection, entries)
      await statement(connection, 'COMMIT')
      return heads
    })
  }

  test('reaches every connection of its user, by Redis or by the poll', async () => {
    const alice = await register()
    const key = await room(alice.name)
    const [phone, desk] = [await connect(one, alice.name), await connect(two, alice.name)]
    for (const device of [phone, desk]) {
      const { inbox } = await device.ask({ type: 'sync', inbox: {} })
      // The first entry tells of the join.
      expect(inbox).toEqual({ no: 1, entries: [], rooms: [key.slug] })
    }
    await add({ user: alice.id, kind: 'room', room: key.id, seq: 4, data: { change: 'joined' } })
    for (const device of [phone, desk]) {
      await eventually(() => {
        const entry = { no: 2, kind: 'room', room: key.slug, seq: 4, data: { change: 'joined' } }
        expect(last(device, 'inbox')).toMatchObject({ type: 'inbox', no: 2, entries: [entry] })
      })
    }
    const bus = new Bus({ url: redis.url })
    const names = new ChannelNames(store.database, () => undefined)
    ends.push(() => bus.close())
    await names.start()
    await eventually(() => expect(bus.trouble).toBeUndefined())
    announceEntries(bus, names, await add({ user: alice.id, kind: 'removed', room: key.id, seq: 5 }))
    for (const device of [phone, desk])
      await eventually(() => expect(last(device, 'inbox')).toMatchObject({ no: 3, entries: [{ kind: 'removed' }] }))
  })

  test('tells who is added and who is removed on another process, who then hears nothing more of the room', async () => {
    const [owner, alice] = [await register(), await register()]
    const key = await store.room()
    await store.rooms.memberships.enrol(key, owner.name, 'owner')
    await store.database.execute(`UPDATE rooms SET kind = 'group', join_rule = 'invite' WHERE id = ?`, [key.id])
    await store.database.execute(`INSERT INTO invitations VALUES (?, ?, 'requested', ?, 1)`, [
      key.id,
      alice.id,
      owner.id,
    ])
    const bus = new Bus({ url: redis.url })
    const names = new ChannelNames(store.database, () => undefined)
    const kinds = new Kinds({ hooks: [inboxHook(bus, names)] })
    const writer = new Writer(store.database, { context: () => ({ rules: kinds, hashKey: Buffer.alloc(32) }) })
    ends.push(() => bus.close())
    await names.start()
    await eventually(() => expect(bus.trouble).toBeUndefined())
    const messages = new Messages({ writer, bus })
    const act = (kind: string, fields: { body?: string; data?: object }) =>
      messages.append(key, { kind, sender: owner.name, clientId: uniqueName('m'), body: '', ...fields } as NewAction)
    const client = await connect(two, alice.name)
    await client.ask({ type: 'sync', inbox: {} })

    await act('member', { data: { user: alice.name, change: 'joined' } })
    await eventually(() => expect(last(client, 'inbox')).toMatchObject({ entries: [{ kind: 'room', room: key.slug }] }))
    const { rooms } = await client.ask({ type: 'sync', rooms: [{ room: key.slug }] })
    expect(rooms).toMatchObject([{ seq: 1, unread: 0 }])
    await act('message', { body: 'hello' })
    await eventually(() => expect(toldOf(client, key)).toMatchObject({ seq: 2, unread: 1 }))

    await act('member', { data: { user: alice.name, change: 'removed' } })
    await act('message', { body: 'she is gone' })
    await eventually(() => expect(last(client, 'inbox')).toMatchObject({ entries: [{ kind: 'removed', seq: 3 }] }))
    expect((await client.ask({ type: 'sync', rooms: [{ room: key.slug }] }))['rooms']).toEqual([
      { room: key.slug, error: 'not_found' },
    ])
    await eventually(async () => expect((await store.rooms.head(key)).lastSeq).toBe(4))
    expect(toldOf(client, key)).toMatchObject({ seq: 2 })
  })

  test('gives a client that returns what it missed', async () => {
    const alice = await register()
    await add(...Array.from({ length: 3 }, () => ({ user: alice.id, kind: 'notice' as const })))
    const client = await connect(two, alice.name)
    const { inbox } = await client.ask({ type: 'sync', inbox: { no: 1 } })
    expect(inbox).toMatchObject({ no: 3, entries: [{ no: 2 }, { no: 3 }] })
    const ahead = await client.ask({ type: 'sync', inbox: { no: 7 } })
    expect(ahead['inbox']).toEqual({ no: 3, entries: [], rooms: [], reset: true })
  })
})

test('while pods of the release before may run, sync answers without unread, and the rest is refused', async () => {
  await store.database.execute(`UPDATE features SET enabled_at = NULL WHERE name = 'typed-events'`)
  const before = await start()
  const { name: bob } = await register()
  const key = await room(bob)
  const client = await connect(before, bob)
  const { epoch } = await store.rooms.head(key)
  expect(await client.ask({ type: 'sync', rooms: [{ room: key.slug }] })).toEqual({
    type: 'synced',
    rooms: [{ room: key.slug, epoch, seq: 0 }],
  })
  for (const frame of [
    { type: 'read', room: key.slug, seq: 1 },
    { type: 'typing', room: key.slug },
    { type: 'watch', users: [bob] },
    { type: 'changes', room: key.slug, epoch, after: 0, upTo: 1 },
  ]) {
    expect(await client.ask(frame)).toMatchObject({ type: 'error', code: 'unavailable', request: frame.type })
  }
  expect(client.socket.readyState).toBe(client.socket.OPEN)

  await store.database.execute(`UPDATE features SET enabled_at = 1 WHERE name = 'typed-events'`)
  await eventually(async () =>
    expect(await client.ask({ type: 'watch', users: [bob] })).toMatchObject({ type: 'watching' }),
  )
})
