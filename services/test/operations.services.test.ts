import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { eventually, uniqueName } from '@chat-app/testing'
import { call, register } from '../client/api.ts'
import type { Row } from '../src/store/database.ts'
import { openSocket, type RawSocket } from './raw-socket.ts'
import { JWT_SECRET as secret, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'

let store: Store
let redis: RedisServer
let [api, ws]: Service[] = []
const sockets: RawSocket[] = []

beforeAll(async () => {
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  await store.database.execute('UPDATE features SET enabled_at = NULL')
  const env = { DATABASE_URL: store.mariaDb.url, REDIS_URL: redis.url, JWT_SECRET: secret }
  ;[api, ws] = await Promise.all([startService('api', env), startService('websocket', env)])
})

afterAll(async () => {
  for (const { socket } of sockets) socket.terminate()
  await Promise.all([api?.stop(), ws?.stop(), redis?.stop(), store?.[Symbol.asyncDispose]()])
})

interface User {
  readonly name: string
  readonly token: string
  get<T = object>(path: string): Promise<T>
  post<T = object>(path: string, body?: object): Promise<T>
  patch(path: string, body: object): Promise<object>
  socket(): Promise<RawSocket>
}

const http = () => api?.http ?? ''

async function user(name: string): Promise<User> {
  const credentials = { name: uniqueName(name), password: 'correct horse battery' }
  const { token } = await register(http(), credentials)
  const ask = <T>(method: string, path: string, body?: object) =>
    call<T>(http(), method, `/api/chat/${path}`, token, body)
  return {
    name: credentials.name,
    token,
    get: (path) => ask('GET', path),
    post: (path, body = {}) => ask('POST', path, body),
    patch: (path, body) => ask('PATCH', path, body),
    socket: async () => {
      const socket = await openSocket(ws?.ws ?? '', { token })
      sockets.push(socket)
      return socket
    },
  }
}

let ids = 0
const id = () => ({ clientId: `c${(ids += 1)}` })
const NOT_ENABLED = { code: 'unavailable', message: expect.stringContaining('not enabled') }

describe('before typed events are enabled', () => {
  test('rooms are public, messages are plain, and the rest is refused while the connection stays open', async () => {
    const [alice, bob] = await Promise.all([user('alice'), user('bob')])
    const { room } = await alice.post<{ room: string }>('rooms')
    await bob.post(`rooms/${room}/join`)
    const socket = await bob.socket()
    await socket.ask({ type: 'join', room })

    expect(await socket.ask({ type: 'send', room, ...id(), body: 'hello' })).toMatchObject({ type: 'ack', seq: 1 })
    const edit = { type: 'send', kind: 'edit', room, target: 1, body: 'x', ...id() }
    expect(await socket.ask(edit)).toMatchObject({ type: 'error', request: 'send', room, ...NOT_ENABLED })
    expect(await socket.ask({ type: 'send', room, ...id(), body: 'x', replyTo: 1 })).toMatchObject(NOT_ENABLED)
    await expect(alice.post(`rooms/${room}/invitations`, { user: bob.name })).rejects.toMatchObject({ status: 503 })
    await expect(alice.post('rooms', { kind: 'group' })).rejects.toMatchObject({ status: 503, field: 'kind' })
    expect(await socket.ask({ type: 'send', room, ...id(), body: 'still here' })).toMatchObject({ type: 'ack', seq: 2 })
  })
})

describe('once they are enabled', () => {
  test('both processes learn of it', async () => {
    await store.database.execute('UPDATE features SET enabled_at = 1')
    const alice = await user('alice')
    const socket = await alice.socket()
    await eventually(async () => {
      expect(await alice.get('rooms')).toEqual({ rooms: [] })
      expect(await socket.ask({ type: 'rooms' })).toEqual({ type: 'rooms', rooms: [] })
    })
  })

  test('a group is unseen until one is invited, over HTTP and WebSocket', async () => {
    const [alice, bob] = await Promise.all([user('alice'), user('bob')])
    const { room } = await alice.post<{ room: string }>('rooms', { title: 'Plans' })
    const socket = await bob.socket()
    const absent = (name: string) => ({ code: 'not_found', message: `there is no room "${name}"`, field: 'room' })
    for (const name of [room, uniqueName('absent')]) {
      for (const path of ['', '/messages', '/members']) {
        await expect(bob.get(`rooms/${name}${path}`)).rejects.toMatchObject({ status: 404, ...absent(name) })
      }
      await expect(bob.post(`rooms/${name}/messages`, { ...id(), body: 'x' })).rejects.toMatchObject(absent(name))
      await expect(bob.post(`rooms/${name}/leave`, id())).rejects.toMatchObject(absent(name))
      expect(await socket.ask({ type: 'join', room: name })).toMatchObject({ type: 'error', ...absent(name) })
      expect(await socket.ask({ type: 'room', room: name })).toMatchObject({ type: 'error', ...absent(name) })
    }

    const owner = await alice.socket()
    await owner.ask({ type: 'join', room })
    expect(await owner.ask({ type: 'invite', room, user: bob.name })).toMatchObject({ type: 'invited', user: bob.name })
    expect(await bob.get('invitations')).toMatchObject({ invitations: [{ room, title: 'Plans', state: 'invited' }] })
    expect(await bob.get(`rooms/${room}`)).toMatchObject({ kind: 'group', join: 'invite', invitation: 'invited' })
    await expect(bob.get(`rooms/${room}/messages`)).rejects.toMatchObject({ status: 403 })
    expect(await socket.ask({ type: 'accept', room, ...id() })).toMatchObject({ type: 'ack', room })

    expect(await bob.get('invitations')).toEqual({ invitations: [] })
    expect(await owner.next('event')).toMatchObject({ kind: 'member', data: { user: bob.name, change: 'joined' } })
    expect(await socket.ask({ type: 'join', room })).toMatchObject({ type: 'joined' })
    expect(await socket.ask({ type: 'send', room, ...id(), body: 'here' })).toMatchObject({ type: 'ack' })
    expect(await alice.get(`rooms/${room}/members`)).toMatchObject({
      members: [
        { user: alice.name, role: 'owner' },
        { user: bob.name, role: 'member' },
      ],
    })
  })

  test('a message is changed over both transports, and its changes are events', async () => {
    const alice = await user('alice')
    const { room } = await alice.post<{ room: string }>('rooms')
    const socket = await alice.socket()
    await socket.ask({ type: 'join', room })
    const { seq: target } = await socket.ask({ type: 'send', room, ...id(), body: 'frist' })
    const edit = { type: 'send', kind: 'edit', room, target, body: 'first', ...id() }

    const answer = await socket.ask(edit)
    expect(answer).toMatchObject({ type: 'ack', seq: 2 })
    expect(await socket.ask(edit)).toEqual(answer)
    const path = `rooms/${room}/messages/${String(target)}`
    expect(await alice.post(`${path}/edit`, { body: 'First', ...id() })).toMatchObject({ room, seq: 3 })
    expect(await alice.post(`${path}/reactions`, { reaction: '🎉', change: 'add', ...id() })).toMatchObject({ seq: 4 })
    expect(await socket.ask({ type: 'send', kind: 'pin', room, target, change: 'add', ...id() })).toMatchObject({
      seq: 5,
    })
    const reply = { body: 'yes', replyTo: target, mentions: [alice.name], ...id() }
    expect(await alice.post(`rooms/${room}/messages`, reply)).toMatchObject({ seq: 6 })
    expect(await alice.post(`${path}/recall`, id())).toMatchObject({ seq: 7 })
    await expect(alice.post(`${path}/recall`, id())).rejects.toMatchObject({ status: 422, field: 'target' })

    const rows = await store.database.query(
      'SELECT kind, target, data FROM room_events WHERE room = (SELECT id FROM rooms WHERE slug = ?) ORDER BY seq',
      [room],
    )
    expect(rows.map(({ kind, target: of }) => [kind, of])).toEqual([
      ['message', null],
      ['edit', target],
      ['edit', target],
      ['reaction', target],
      ['pin', target],
      ['message', null],
      ['recall', target],
    ])
  })

  test('roles, mutes, removals and settings hold at once; what made somebody leave can be repeated', async () => {
    const [alice, bob, carol] = await Promise.all([user('alice'), user('bob'), user('carol')])
    const { room } = await alice.post<{ room: string }>('rooms', { kind: 'public', room: uniqueName('square') })
    for (const who of [bob, carol]) await who.post(`rooms/${room}/join`)
    const say = (who: User) => who.post(`rooms/${room}/messages`, { ...id(), body: 'x' })

    await expect(
      bob.post(`rooms/${room}/members/${carol.name}/mute`, { ...id(), mutedUntil: 9e15 }),
    ).rejects.toMatchObject({
      status: 403,
      code: 'forbidden',
    })
    await alice.post(`rooms/${room}/members/${bob.name}/role`, { ...id(), role: 'admin' })
    await bob.post(`rooms/${room}/members/${carol.name}/mute`, { ...id(), mutedUntil: 9e15 })
    await expect(say(carol)).rejects.toMatchObject({ status: 403 })
    await bob.post(`rooms/${room}/members/${carol.name}/mute`, { ...id(), mutedUntil: 0 })
    await say(carol)
    await alice.patch(`rooms/${room}`, { ...id(), post: 'admins', topic: 'News' })
    await expect(say(carol)).rejects.toMatchObject({ status: 403 })
    expect(await carol.get(`rooms/${room}`)).toMatchObject({ post: 'admins', topic: 'News', role: 'member' })
    await bob.post(`rooms/${room}/members/${carol.name}/remove`, id())
    await expect(carol.get(`rooms/${room}/members`)).resolves.toBeDefined()

    const gone = id()
    const left = await bob.post(`rooms/${room}/leave`, gone)
    expect(await bob.post(`rooms/${room}/leave`, gone)).toEqual(left)
    const { members } = await alice.get<{ members: object[] }>(`rooms/${room}/members`)
    expect(members).toHaveLength(1)
  })

  test('a room whose owner is banned belongs to the oldest admin, else to the oldest member who may act', async () => {
    const [root, ...people] = await Promise.all(['root', 'alice', 'bob', 'carol', 'dave'].map(user))
    const [alice, bob, carol, dave] = people as [User, User, User, User]
    await store.database.execute("UPDATE users SET role = 'admin' WHERE name = ?", [root?.name])
    const { room } = await alice.post<{ room: string }>('rooms', { kind: 'public' })
    for (const who of [dave, bob, carol]) await who.post(`rooms/${room}/join`)
    await alice.post(`rooms/${room}/members/${carol.name}/role`, { ...id(), role: 'admin' })
    const { id: key } = await store.rooms.key(room)
    const ownerIs = (who: User) =>
      eventually(async () => {
        const owners = "SELECT member FROM memberships WHERE room = ? AND role = 'owner'"
        expect(await store.database.query(owners, [key])).toEqual([{ member: who.name }])
      })
    const ban = (who: User) => call(http(), 'POST', `/api/admin/users/${who.name}/ban`, root?.token, { reason: 'spam' })

    for (const [who, heir] of [
      [alice, carol],
      [carol, dave],
      [dave, bob],
      [bob, bob],
    ] as const) {
      await ban(who)
      await ownerIs(heir)
    }
    await eventually(async () => expect(await store.database.query('SELECT * FROM account_work')).toEqual([]))
    await ownerIs(bob)
    const events = await store.database.query<Row & { sender: string; data: string }>(
      "SELECT sender, data FROM room_events WHERE room = ? AND kind = 'member' ORDER BY seq",
      [key],
    )
    expect(events.at(-1)?.sender).toBe('system')
    expect(JSON.parse(events.at(-1)?.data ?? '')).toEqual({
      user: bob.name,
      change: 'role',
      role: 'owner',
      succeeds: dave.name,
    })
    expect(events).toHaveLength(4)
    const { entries } = await call<{ entries: object[] }>(http(), 'GET', '/api/admin/audit?limit=200', root?.token)
    expect(entries).toContainEqual(
      expect.objectContaining({
        by: root?.name,
        action: 'ban',
        subject: alice.name,
        reason: 'spam',
        before: { bannedUntil: null },
        after: { bannedUntil: 253_402_300_799_999 },
        address: '127.0.0.1',
      }),
    )
    await expect(call(http(), 'GET', '/api/admin/audit', (await user('erin')).token)).rejects.toMatchObject({
      status: 403,
    })
  })

  test('who has invited takes that back, and no other invitation', async () => {
    const people = await Promise.all(['alice', 'bob', 'carol', 'dave'].map(user))
    const [alice, bob, carol, dave] = people as [User, User, User, User]
    const { room } = await alice.post<{ room: string }>('rooms', { join: 'request' })
    await alice.post(`rooms/${room}/invitations`, { user: bob.name })
    await bob.post(`rooms/${room}/invitations/accept`, id())
    await bob.post(`rooms/${room}/invitations`, { user: carol.name })
    await alice.post(`rooms/${room}/invitations`, { user: dave.name })
    const decline = (who: User, of: User) => who.post(`rooms/${room}/invitations/decline`, { user: of.name })
    await expect(decline(bob, dave)).rejects.toMatchObject({ status: 403 })
    await decline(bob, carol)
    await decline(alice, dave)
    expect(await alice.get(`rooms/${room}/requests`)).toMatchObject({ requests: [] })
  })

  test('a room that has ended is read, and says so', async () => {
    const [alice, bob] = await Promise.all([user('alice'), user('bob')])
    const { room } = await alice.post<{ room: string }>('rooms', { kind: 'group', join: 'open' })
    await bob.post(`rooms/${room}/join`)
    const socket = await bob.socket()
    await socket.ask({ type: 'join', room })
    await socket.ask({ type: 'send', room, ...id(), body: 'hello' })
    await expect(bob.post(`rooms/${room}/end`, id())).rejects.toMatchObject({ status: 403 })
    const end = id()
    const answer = await alice.post(`rooms/${room}/end`, end)
    expect(await alice.post(`rooms/${room}/end`, end)).toEqual(answer)

    const ended = expect.objectContaining({ type: 'event', kind: 'settings', data: { ended: true } })
    await eventually(() => expect(socket.frames).toContainEqual(ended))
    const over = { code: 'forbidden', message: 'this room has ended: it can only be read' }
    expect(await socket.ask({ type: 'send', room, ...id(), body: 'late' })).toMatchObject({ type: 'error', ...over })
    await expect(alice.post(`rooms/${room}/messages`, { ...id(), body: 'x' })).rejects.toMatchObject(over)
    expect(await bob.get(`rooms/${room}`)).toMatchObject({ endedAt: expect.any(Number) })
    expect(await bob.get('rooms')).toMatchObject({ rooms: [{ room, endedAt: expect.any(Number) }] })
    expect(await bob.get(`rooms/${room}/messages`)).toMatchObject({ events: [{ body: 'hello' }] })
  })

  test('a room that admits on request lets in whom an admin approves', async () => {
    const [alice, bob] = await Promise.all([user('alice'), user('bob')])
    const { room } = await alice.post<{ room: string }>('rooms', { join: 'request' })
    const approve = () => alice.post(`rooms/${room}/requests/${bob.name}/approve`, id())

    await expect(bob.post(`rooms/${room}/join`)).rejects.toMatchObject({ status: 403 })
    await expect(approve()).rejects.toMatchObject({ status: 404, field: 'user' })
    await bob.post(`rooms/${room}/requests`)
    await bob.post(`rooms/${room}/requests`)
    expect(await alice.get(`rooms/${room}/requests`)).toMatchObject({
      requests: [{ user: bob.name, state: 'requested' }],
    })
    await approve()

    expect(await alice.get(`rooms/${room}/requests`)).toMatchObject({ requests: [] })
    await bob.post(`rooms/${room}/join`)
    expect(await bob.get('rooms')).toMatchObject({ rooms: [{ room, role: 'member', kind: 'group' }] })
  })

  test('two who open a direct room at once, many times, meet in one room', async () => {
    const [alice, bob] = await Promise.all([user('alice'), user('bob')])
    const openings = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? alice.post<{ room: string }>('direct-rooms', { user: bob.name })
          : bob.post<{ room: string }>('direct-rooms', { user: alice.name }),
      ),
    )
    const [first] = openings
    expect(new Set(openings.map(({ room }) => room)).size).toBe(1)
    expect(await alice.get('rooms')).toMatchObject({ rooms: [{ room: first?.room, kind: 'direct', peer: bob.name }] })
    expect(await bob.get('rooms')).toMatchObject({ rooms: [{ room: first?.room, kind: 'direct', peer: alice.name }] })
    await bob.post(`rooms/${first?.room}/messages`, { ...id(), body: 'hi' })
    const own = await alice.post<{ room: string }>('direct-rooms', { user: alice.name })
    expect(await alice.post('direct-rooms', { user: alice.name })).toEqual(own)
    await alice.post(`rooms/${own.room}/messages`, { ...id(), body: 'a note' })
    expect(await alice.get(`rooms/${own.room}/members`)).toMatchObject({ members: [{ user: alice.name }] })
    await expect(alice.post('direct-rooms', { user: uniqueName('nobody') })).rejects.toMatchObject({ status: 404 })
  })

  describe('a block', () => {
    const direct = async (one: User, other: User) =>
      (await one.post<{ room: string }>('direct-rooms', { user: other.name })).room
    const say = (who: User, room: string, more: object = {}) =>
      who.post<{ seq: number }>(`rooms/${room}/messages`, { ...id(), body: 'x', ...more })
    const refusalOf = async (asked: Promise<unknown>) => {
      const { status, code, field, message } = (await asked.then(
        () => ({}),
        (error: unknown) => error,
      )) as Record<string, unknown>
      return { status, code, field, message }
    }
    const TAKES_NOTHING = {
      status: 403,
      code: 'forbidden',
      field: 'room',
      message: 'this user takes no messages from you',
    }

    test('stops messages both ways in the words of a ban or a deletion, and keeps what was sent', async () => {
      const people = await Promise.all(['alice', 'bob', 'banned', 'deleted'].map(user))
      const [alice, bob, banned, deleted] = people as [User, User, User, User]
      const [room, ofBanned, ofDeleted] = [
        await direct(alice, bob),
        await direct(bob, banned),
        await direct(bob, deleted),
      ]
      const { seq: target } = await say(bob, room)
      await alice.post('blocks', { user: bob.name })
      await store.database.execute('UPDATE users SET banned_until = 9000000000000 WHERE name = ?', [banned.name])
      await store.database.execute('UPDATE users SET deleted_at = 1 WHERE name = ?', [deleted.name])

      const refusals = await Promise.all([room, ofBanned, ofDeleted].map((each) => refusalOf(say(bob, each))))
      expect([...refusals, await refusalOf(say(alice, room))]).toEqual(Array.from({ length: 4 }, () => TAKES_NOTHING))
      const at = `rooms/${room}/messages/${target}`
      for (const [path, body] of [
        ['edit', { body: 'y' }],
        ['reactions', { reaction: '🎉', change: 'add' }],
        ['pin', { change: 'add' }],
      ] as const)
        expect(await refusalOf(bob.post(`${at}/${path}`, { ...id(), ...body }))).toEqual(TAKES_NOTHING)
      for (const who of [alice, bob])
        expect(await who.get(`rooms/${room}/messages`)).toMatchObject({ events: [{ seq: target, body: 'x' }] })
      expect(await bob.post(`${at}/recall`, id())).toMatchObject({ seq: target + 1 })

      expect(await alice.get('blocks')).toMatchObject({ blocks: [{ user: bob.name }] })
      expect(await bob.get('blocks')).toEqual({ blocks: [] })
      await bob.post(`blocks/${alice.name}/remove`)
      expect(await refusalOf(say(bob, room))).toEqual(TAKES_NOTHING)
      await alice.post(`blocks/${bob.name}/remove`)
      await say(bob, room)
    })

    test('stops new direct rooms and invitations in the words of a ban, and mentions', async () => {
      const people = await Promise.all(['alice', 'bob', 'banned', 'closed'].map(user))
      const [alice, bob, banned, closed] = people as [User, User, User, User]
      await alice.post('blocks', { user: bob.name })
      await store.database.execute('UPDATE users SET banned_until = 9000000000000 WHERE name = ?', [banned.name])
      await closed.post('direct-rule', { from: 'nobody' })
      for (const { name } of [alice, banned, closed])
        expect(await refusalOf(bob.post('direct-rooms', { user: name }))).toEqual({
          status: 403,
          code: 'forbidden',
          field: 'user',
          message: `"${name}" takes no messages from you`,
        })
      const { room } = await bob.post<{ room: string }>('rooms', { join: 'open' })
      for (const { name } of [alice, banned])
        expect(await refusalOf(bob.post(`rooms/${room}/invitations`, { user: name }))).toMatchObject({
          status: 404,
          message: `there is no user "${name}"`,
        })
      for (const who of [alice, closed]) await who.post(`rooms/${room}/join`)
      const { seq } = await say(bob, room, { mentions: [alice.name, closed.name] })
      const mentioned = await store.database.query(
        'SELECT users.name FROM mentions JOIN users ON users.id = mentions.user JOIN rooms ON rooms.id = mentions.room WHERE slug = ? AND seq = ?',
        [room, seq],
      )
      expect(mentioned).toEqual([{ name: closed.name }])
    })

    test('stops typing, read marks and presence', async () => {
      const [alice, bob, carol] = (await Promise.all(['alice', 'bob', 'carol'].map(user))) as [User, User, User]
      const [room, other] = [await direct(alice, bob), await direct(alice, carol)]
      await say(bob, room)
      const [a, b, c] = await Promise.all([alice.socket(), bob.socket(), carol.socket()])
      for (const [socket, of] of [
        [a, room],
        [a, other],
        [b, room],
        [c, other],
      ] as const)
        await socket.ask({ type: 'join', room: of })
      await alice.post('blocks', { user: bob.name })

      b.send({ type: 'typing', room })
      expect(await b.ask({ type: 'read', room, seq: 1 })).toMatchObject({ type: 'read' })
      c.send({ type: 'typing', room: other })
      expect((await a.next('typing'))['user']).toBe(carol.name)
      const marks = 'SELECT read_seq FROM memberships JOIN rooms ON rooms.id = room WHERE slug = ? AND member = ?'
      await eventually(async () =>
        expect(await store.database.query(marks, [room, bob.name])).toEqual([{ read_seq: 1 }]),
      )
      await c.ask({ type: 'ping' })
      expect(a.frames.filter(({ type, user: of }) => type !== 'event' && of === bob.name)).toEqual([])

      b.send({ type: 'watch', users: [alice.name, carol.name] })
      const state = (of: User) => b.frames.findLast(({ type, user: name }) => type === 'presence' && name === of.name)
      await eventually(() => expect(state(carol)).toMatchObject({ state: 'online' }))
      expect(state(alice)).toMatchObject({ state: 'offline' })
    })

    test('that was answered lets no message be numbered any more', async () => {
      const [alice, bob] = (await Promise.all(['alice', 'bob'].map(user))) as [User, User]
      const room = await direct(alice, bob)
      const key = await store.rooms.key(room)
      const sending = Promise.allSettled(Array.from({ length: 60 }, () => say(bob, room)))
      await alice.post('blocks', { user: bob.name })
      const { lastSeq } = await store.rooms.head(key)
      const settled = await sending
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(lastSeq)
      expect((await store.rooms.head(key)).lastSeq).toBe(lastSeq)
    })
  })

  test('lists go on from page to page, and each entry is on one of them', async () => {
    const alice = await user('alice')
    const { room } = await alice.post<{ room: string }>('rooms', { kind: 'public' })
    const { id: key } = await store.rooms.key(room)
    const names = Array.from({ length: 450 }, (_, i) => uniqueName(`member-${i}`))
    await store.database.query('INSERT INTO memberships (room, member, joined_at) VALUES ?', [
      names.map((name) => [key, name, 0]),
    ])
    const socket = await alice.socket()
    const found: string[] = []
    const sizes: number[] = []
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const { members, next } = (await socket.ask({ type: 'members', room, limit: 200, cursor })) as unknown as {
        members: { user: string }[]
        next?: string
      }
      sizes.push(members.length)
      found.push(...members.map(({ user }) => user))
      cursor = next
    }
    expect(sizes).toEqual([200, 200, 51])
    expect(new Set(found)).toEqual(new Set([...names, alice.name]))

    const rooms = await Promise.all(Array.from({ length: 5 }, () => alice.post<{ room: string }>('rooms')))
    const first = await alice.get<{ rooms: { room: string }[]; next: string }>('rooms?limit=4')
    const second = await alice.get<{ rooms: { room: string }[]; next?: string }>(`rooms?limit=4&cursor=${first.next}`)
    expect(second.next).toBeUndefined()
    expect(new Set([...first.rooms, ...second.rooms].map((each) => each.room))).toEqual(
      new Set([room, ...rooms.map((each) => each.room)]),
    )
    await expect(alice.get('rooms?limit=201')).rejects.toMatchObject({ status: 400, field: 'limit' })
  })

  test('public rooms are found by a part of their name, title or topic, with members and last activity', async () => {
    const [alice, bob] = await Promise.all([user('alice'), user('bob')])
    const word = uniqueName('Gärten')
    const make = async (more: object) => (await alice.post<{ room: string }>('rooms', { kind: 'public', ...more })).room
    const byTitle = await make({ title: `Our ${word} 100%` })
    const byTopic = await make({})
    await alice.patch(`rooms/${byTopic}`, { ...id(), topic: `about ${word.toLowerCase()}` })
    const ended = await make({ title: word })
    await alice.post('rooms', { kind: 'group', title: word })
    await store.database.execute("UPDATE users SET role = 'admin' WHERE name = ?", [alice.name])
    const admin = await alice.post(`rooms/${ended}/end`, id()).catch((error: unknown) => error)
    expect(admin).toMatchObject({ room: ended })
    await bob.post(`rooms/${byTitle}/join`)
    const { at } = await bob.post<{ at: number }>(`rooms/${byTitle}/messages`, { ...id(), body: 'x' })

    const find = async (query: string, more = '') =>
      bob.get<{ rooms: object[]; next?: string }>(`public-rooms?query=${encodeURIComponent(query)}${more}`)
    expect(await find(word.toUpperCase())).toEqual({
      rooms: [
        expect.objectContaining({ room: byTopic, topic: `about ${word.toLowerCase()}`, members: 1 }),
        { room: byTitle, title: `Our ${word} 100%`, join: 'open', members: 2, activeAt: expect.any(Number) },
      ],
    })
    const { rooms, next } = await find(word, '&limit=1')
    const last = await find(word, `&limit=1&cursor=${next}`)
    expect([...rooms, ...last.rooms]).toMatchObject([{ room: byTopic }, { room: byTitle }])
    expect((last.rooms[0] as { activeAt: number }).activeAt).toBeGreaterThanOrEqual(at)
    expect((await find(`${word} 100%`)).rooms).toHaveLength(1)
    expect((await find(`${word} 1__%`)).rooms).toEqual([])
    await expect(bob.get('public-rooms?limit=51')).rejects.toMatchObject({ status: 400, field: 'limit' })
  })

  test('whoever is mentioned finds all of it, read or not, from page to page, and nothing that is gone or not theirs', async () => {
    const people = await Promise.all(['alice', 'bob', 'carol'].map(user))
    const [alice, bob, carol] = people as [User, User, User]
    const make = async () => (await alice.post<{ room: string }>('rooms', { join: 'open' })).room
    const [one, other, left] = [await make(), await make(), await make()]
    for (const room of [one, other, left]) await bob.post(`rooms/${room}/join`)
    const say = async (who: User, room: string, body: string, more: object) =>
      (await who.post<{ seq: number }>(`rooms/${room}/messages`, { ...id(), body, ...more })).seq
    const ofBob = { mentions: [bob.name] }
    await say(alice, one, 'first', ofBob)
    const edited = await say(alice, other, 'second', ofBob)
    await alice.post(`rooms/${other}/messages/${edited}/edit`, { ...id(), body: 'second, edited' })
    const gone = await say(alice, one, 'recalled', ofBob)
    await alice.post(`rooms/${one}/messages/${gone}/recall`, id())
    await say(bob, one, 'of oneself', ofBob)
    await say(alice, left, 'in a room that is left', ofBob)
    await bob.post(`rooms/${left}/leave`, id())
    await say(alice, one, 'to all', { mentionsAll: true })
    await say(alice, other, 'to bob and all', { ...ofBob, mentionsAll: true })
    await bob.post(`rooms/${one}/join`)

    type Page = { mentions: { room: string; body: string }[]; next?: string }
    const listed = async (who: User, limit: number) => {
      const found: [room: string, body: string][] = []
      for (let next: string | undefined, isFirst = true; isFirst || next !== undefined; isFirst = false) {
        const page = await who.get<Page>(`mentions?limit=${limit}${next === undefined ? '' : `&cursor=${next}`}`)
        found.push(...page.mentions.map(({ room, body }): [string, string] => [room, body]))
        next = page.next
      }
      return found
    }
    const all = [
      [other, 'to bob and all'],
      [one, 'to all'],
      [other, 'second, edited'],
      [one, 'first'],
    ]
    for (const limit of [1, 2, 50]) expect(await listed(bob, limit)).toEqual(all)
    expect(await listed(alice, 50)).toEqual([])
    expect(await listed(carol, 50)).toEqual([])
    await expect(bob.get('mentions?limit=51')).rejects.toMatchObject({ status: 400, field: 'limit' })

    // Whoever joins a room that is read from joining on finds nothing from before.
    await alice.patch(`rooms/${one}`, { ...id(), history: 'since-joining' })
    await carol.post(`rooms/${one}/join`)
    expect(await listed(carol, 50)).toEqual([])
    await say(alice, one, 'to carol', { mentions: [carol.name] })
    expect(await listed(carol, 50)).toEqual([[one, 'to carol']])
  })

  test('a user says of which messages of a room to be notified, and the other devices are told', async () => {
    const [alice, bob] = await Promise.all([user('alice'), user('bob')])
    const { room } = await alice.post<{ room: string }>('rooms')
    const phone = await alice.socket()
    await phone.ask({ type: 'sync', inbox: {} })
    await alice.post(`rooms/${room}/notify`, { notify: 'mentions' })
    const told = expect.objectContaining({ type: 'inbox', entries: [expect.objectContaining({ kind: 'room', room })] })
    await eventually(() => expect(phone.frames).toContainEqual(told))
    expect(await phone.ask({ type: 'rooms' })).toMatchObject({ rooms: [{ room, notify: 'mentions' }] })
    await expect(alice.post(`rooms/${room}/notify`, { notify: 'some' })).rejects.toMatchObject({ field: 'notify' })
    await expect(bob.post(`rooms/${room}/notify`, { notify: 'none' })).rejects.toMatchObject({ status: 404 })
  })

  test('a page around a message has what was before and after it, and says what is left', async () => {
    const alice = await user('alice')
    const { room } = await alice.post<{ room: string }>('rooms')
    const socket = await alice.socket()
    await socket.ask({ type: 'join', room })
    for (let i = 1; i <= 9; i += 1) await alice.post(`rooms/${room}/messages`, { ...id(), body: `m${i}` })
    await alice.post(`rooms/${room}/messages/5/reactions`, { ...id(), reaction: 'ok', change: 'add' })
    const around = async (seq: number, limit: number) => {
      const page = await alice.get<{ events: { seq: number }[]; hasMore: boolean; hasMoreAfter: boolean }>(
        `rooms/${room}/messages?around=${seq}&limit=${limit}`,
      )
      const { events, hasMore, hasMoreAfter } = (await socket.ask({
        type: 'history',
        room,
        around: seq,
        limit,
      })) as unknown as typeof page
      expect({ events, hasMore, hasMoreAfter }).toEqual({
        events: page.events,
        hasMore: page.hasMore,
        hasMoreAfter: page.hasMoreAfter,
      })
      return [events.map((event) => event.seq), hasMore, hasMoreAfter]
    }
    expect(await around(5, 4)).toEqual([[3, 4, 5, 6], true, true])
    expect(await around(1, 4)).toEqual([[1, 2], false, true])
    expect(await around(9, 4)).toEqual([[7, 8, 9], true, false])
    // The event is no message.
    expect(await around(10, 4)).toEqual([[8, 9], true, false])
    expect(await around(5, 1)).toEqual([[5], true, true])
    expect(await around(5, 200)).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9], false, false])
    await expect(alice.get(`rooms/${room}/messages?around=5&before=6`)).rejects.toMatchObject({ field: 'around' })
  })

  test('a room that is full admits nobody', async () => {
    const [alice, bob] = await Promise.all([user('alice'), user('bob')])
    const { room } = await alice.post<{ room: string }>('rooms', { kind: 'public' })
    await alice.patch(`rooms/${room}`, { ...id(), maxMembers: 1 })
    await expect(bob.post(`rooms/${room}/join`)).rejects.toMatchObject({ status: 422, code: 'refused', field: 'room' })
    await alice.patch(`rooms/${room}`, { ...id(), maxMembers: null })
    await bob.post(`rooms/${room}/join`)
  })
})
