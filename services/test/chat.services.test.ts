import { once } from 'node:events'
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRedis, type RedisServer } from '@chat-app/sandbox-servers'
import { call, login, register } from '../client/api.ts'
import { connect, count, createRoom, signToken, type ChatClient } from '../client/index.ts'
import { Bus } from '../src/fanout/bus.ts'
import { headerOf, type StoredEvent } from '../src/protocol/events.ts'
import { eventFrame } from '../src/protocol/server-frames.ts'
import { Revocations } from '../src/store/revocations.ts'
import { eventually, uniqueName } from '@chat-app/testing'
import { memoryShares } from '../src/support/memory.ts'
import { addEvents } from './event-rows.ts'
import { PythonClient } from './python-client.ts'
import { openSocket, type RawSocket } from './raw-socket.ts'
import { RedisProxy } from './redis-proxy.ts'
import { JWT_SECRET as secret, startService, type Service } from './service.ts'
import { openStore, type Store } from './store.ts'

let store: Store
let redis: RedisServer
let secrets: string
let [api, one, two]: Service[] = []
const clients: { close(): unknown }[] = []

beforeAll(async () => {
  secrets = await mkdtemp(join(tmpdir(), 'chat-secrets-'))
  ;[store, redis] = await Promise.all([openStore(), startRedis()])
  await mountSecret({ database: store.mariaDb.url, jwt: secret })
  const env = {
    DATABASE_URL_FILE: join(secrets, 'database'),
    REDIS_URL: redis.url,
    JWT_SECRET_FILE: join(secrets, 'jwt'),
    JWT_PREVIOUS_SECRET_FILE: join(secrets, 'jwt-previous'),
    ALLOWED_ORIGINS: 'https://chat.example.com',
  }
  ;[api, one, two] = await Promise.all([
    startService('api', env),
    startService('websocket', env),
    startService('websocket', env),
  ])
})

afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await Promise.all([api?.stop(), one?.stop(), two?.stop(), redis?.stop(), store?.[Symbol.asyncDispose]()])
  await rm(secrets, { recursive: true, force: true })
})

/** Replaces all values at once, as the kubelet does: it writes a new folder and renames a symbolic link over the old one. */
let mounts = 0
async function mountSecret(values: { database: string; jwt: string; previous?: string }): Promise<void> {
  const folder = await mkdtemp(join(secrets, '..data-'))
  const files = { database: values.database, jwt: values.jwt, 'jwt-previous': values.previous ?? values.jwt }
  for (const [name, value] of Object.entries(files)) await writeFile(join(folder, name), `${value}\n`)
  await symlink(folder, join(secrets, `..link-${(mounts += 1)}`))
  await rename(join(secrets, `..link-${mounts}`), join(secrets, '..data'))
  if (mounts > 1) return
  for (const name of Object.keys(files)) await symlink(join('..data', name), join(secrets, name))
}

const http = () => api?.http ?? ''
const at = (service: Service | undefined) => service?.ws ?? ''

async function user(
  service: Service | undefined,
  { name = uniqueName('user'), protocol }: { name?: string; protocol?: 'chat.v2' | undefined } = {},
): Promise<ChatClient & { token: string }> {
  const token = await store.token(name)
  const client = await connect(at(service), { token, ...(protocol && { protocol }) })
  clients.push(client)
  return Object.assign(client, { token })
}

async function raw(service: Service | undefined, name = uniqueName('user'), options = {}): Promise<RawSocket> {
  const socket = await openSocket(at(service), { token: await store.token(name), ...options })
  clients.push({ close: () => socket.socket.terminate() })
  return socket
}

async function room(): Promise<string> {
  return (await createRoom(http(), await store.token(uniqueName('owner')))).room
}

describe('two users', () => {
  test('who registered chat across two processes, over WebSocket and HTTP', async () => {
    const [alice, bob] = await Promise.all(
      ['alice', 'bob'].map(async (name) => {
        const credentials = { name: uniqueName(name), password: 'correct horse' }
        await register(http(), credentials)
        return { ...credentials, ...(await login(http(), credentials)) }
      }),
    )
    const { room } = await createRoom(http(), alice?.token ?? '', { title: 'Kitchen' })
    const first = await connect(at(one), { token: alice?.token ?? '' })
    const second = await connect(at(two), { token: bob?.token ?? '' })
    clients.push(first, second)
    await Promise.all([first.join(room), second.join(room)])

    const received = once(second, 'event')
    await first.send(room, 'dinner?')
    expect(await received).toMatchObject([{ body: 'dinner?' }])

    await second.send(room, 'yes')
    const clientId = uniqueName('http')
    await call(http(), 'POST', `/api/chat/rooms/${room}/messages`, alice?.token, { clientId, body: 'at eight' })
    await eventually(() => expect(first.record.delivered).toHaveLength(3))
    await eventually(() => expect(second.record.delivered.map(({ seq }) => seq)).toEqual([1, 2, 3]))
    const history = await call<{ events: { body: string }[] }>(
      http(),
      'GET',
      `/api/chat/rooms/${room}/messages?limit=10`,
      bob?.token,
    )
    expect(history.events.map(({ body }) => body)).toEqual(['dinner?', 'yes', 'at eight'])
  })

  test('are told of a client id that is that of another message, over WebSocket and HTTP', async () => {
    const [name, sender] = [await room(), uniqueName('user')]
    const alice = await raw(one, sender)
    await alice.ask({ type: 'join', room: name })
    expect(await alice.ask({ type: 'send', room: name, clientId: 'id', body: 'first' })).toMatchObject({ seq: 1 })

    const again = await alice.ask({ type: 'send', room: name, clientId: 'id', body: 'second' })
    expect(again).toMatchObject({ type: 'error', code: 'conflict', room: name, clientId: 'id', field: 'clientId' })
    const token = await store.token(sender)
    const send = (body: string) =>
      call(http(), 'POST', `/api/chat/rooms/${name}/messages`, token, { clientId: 'id', body })
    await expect(send('third')).rejects.toMatchObject({ status: 409, code: 'conflict', field: 'clientId' })
    expect(await send('first')).toMatchObject({ seq: 1 })
    const bob = await raw(two)
    await bob.ask({ type: 'join', room: name })
    expect(await bob.ask({ type: 'send', room: name, clientId: 'id', body: 'of bob' })).toMatchObject({ seq: 2 })
  })

  test('who send 1,000 messages at once each get all of them, once and in order', async () => {
    const [alice, bob, name] = [await user(one), await user(two), await room()]
    await Promise.all([alice.join(name), bob.join(name)])

    await Promise.all(Array.from({ length: 1000 }, (_, i) => (i % 2 ? alice : bob).send(name, `m${i}`)))

    await eventually(() => {
      expect(count([alice.record, bob.record])).toEqual({
        sent: 1000,
        acknowledged: 1000,
        delivered: 2000,
        lost: 0,
        duplicated: 0,
        reordered: 0,
      })
    })
  })

  test('who speak chat.v1 and chat.v2 get the same messages once and in order, after a reconnect too', async () => {
    const name = await room()
    const users = await Promise.all(
      ([undefined, 'chat.v2', 'chat.v2'] as const).map((protocol, i) => user(i === 1 ? one : two, { protocol })),
    )
    await Promise.all(users.map((client) => client.join(name)))
    const sending = users.flatMap((client) => Array.from({ length: 100 }, (_, i) => client.send(name, `m${i}`)))
    await Promise.all(sending.slice(0, 150))
    one?.kill()
    await one?.restart()
    await Promise.all(sending)

    await eventually(() => expect(users.map(({ record }) => record.delivered.length)).toEqual([300, 300, 300]))
    const counts = count(users.map(({ record }) => record))
    expect(counts).toMatchObject({ acknowledged: 300, delivered: 900, lost: 0, duplicated: 0, reordered: 0 })
    const [first, ...others] = users.map(({ record }) =>
      record.delivered.map(({ room, epoch, seq }) => [room, epoch, seq]),
    )
    expect(others).toEqual([first, first])
  })

  test('receive messages through Redis, without the database', async () => {
    const [alice, bob, name] = [await user(one), await user(two), await room()]
    await Promise.all([alice.join(name), bob.join(name)])
    await eventually(async () => {
      const before = await two?.metrics()
      const received = once(bob, 'event')
      await alice.send(name, 'hello')
      await received
      const after = await two?.metrics()
      expect(after?.get('chat_events_healed_total')).toBe(before?.get('chat_events_healed_total'))
    })
  })
})

describe('a client that returns', () => {
  test.for([
    ['chat.v1', 'event'],
    ['chat.v2', undefined],
  ] as const)(
    'gets what it missed and what follows in %s, from another process, without a gap or a duplicate',
    async ([protocol, type]) => {
      const [alice, name] = [await user(one), await room()]
      await alice.join(name)
      for (let i = 0; i < 20; i += 1) await alice.send(name, `old ${i}`)
      const socket = await raw(two)
      const { epoch } = await socket.ask({ type: 'join', room: name })

      // It has the events up to 5. Messages are sent while it returns.
      const sending = Promise.all(Array.from({ length: 300 }, (_, i) => alice.send(name, `new ${i}`)))
      const back = await raw(two, undefined, { protocols: [protocol] })
      back.send({ type: 'join', room: name, after: { epoch, seq: 5 } })
      const { r } = await back.next('joined')
      await sending

      const events = () => back.frames.filter((frame) => frame.type === type)
      await eventually(() => expect(events()).toHaveLength(315))
      expect(new Set(events().map((frame) => frame['r']))).toEqual(new Set([r]))
      const seqs = events().map((frame) => frame['seq'])
      expect(seqs).toEqual(Array.from({ length: 315 }, (_, i) => i + 6))
    },
  )

  test('learns which events were purged', async () => {
    const [alice, name] = [await user(one), await room()]
    await alice.join(name)
    for (let i = 1; i <= 6; i += 1) await alice.send(name, `m${i}`)
    const key = await store.rooms.key(name)
    await store.database.execute('DELETE FROM room_events WHERE room = ? AND seq <= 3', [key.id])

    const socket = await raw(two)
    const { epoch } = await alice.send(name, 'm7')
    const joined = await socket.ask({ type: 'join', room: name, after: { epoch, seq: 1 } })

    expect(joined).toMatchObject({ type: 'joined', truncatedAt: 4 })
    await eventually(() => {
      expect(socket.frames.flatMap((frame) => (frame.type === 'event' ? [frame['seq']] : []))).toEqual([4, 5, 6, 7])
    })
  })

  test('starts at the head when the epoch has changed, even while it was connected', async () => {
    const [alice, bob, name] = [await user(one), await raw(two), await room()]
    await alice.join(name)
    const { epoch } = await alice.send(name, 'before the restore')
    expect(await bob.ask({ type: 'join', room: name, after: { epoch, seq: 0 } })).toMatchObject({ seq: 1 })

    const key = await store.rooms.key(name)
    await store.database.execute('UPDATE rooms SET epoch = epoch + 1 WHERE id = ?', [key.id])

    await bob.next('resume_needed')
    const joined = await bob.ask({ type: 'join', room: name, after: { epoch, seq: 1 } })
    expect(joined).toMatchObject({ type: 'joined', epoch: epoch + 1, reset: true })
  })

  test('with a position beyond the head starts at the head', async () => {
    const [socket, name] = [await raw(one), await room()]
    const { epoch } = await socket.ask({ type: 'join', room: name })

    const joined = await socket.ask({ type: 'join', room: name, after: { epoch, seq: 1_000_000 } })

    expect(joined).toMatchObject({ type: 'joined', seq: 0, reset: true })
  })
})

describe('a message', () => {
  test('that is sent twice is stored once, over WebSocket, HTTP and both', async () => {
    const [alice, name] = [await user(one), await room()]
    await alice.join(name)
    const path = `/api/chat/rooms/${name}/messages`
    const body = { clientId: 'the-same', body: 'once' }

    const first = await alice.send(name, 'once', 'the-same')
    const second = await call<{ seq: number }>(http(), 'POST', path, alice.token, body)
    const third = await call<{ seq: number }>(http(), 'POST', path, alice.token, body)

    expect([first.seq, second.seq, third.seq]).toEqual([1, 1, 1])
    const { events } = await call<{ events: unknown[] }>(http(), 'GET', path, alice.token)
    expect(events).toHaveLength(1)
  })

  test('whose body breaks a rule is refused unless an earlier release stored it, over WebSocket and HTTP', async () => {
    const [name, sender] = [await room(), uniqueName('user')]
    const [alice, { id }] = [await raw(one, sender), await store.rooms.key(name)]
    await alice.ask({ type: 'join', room: name })
    const body = 'a\u0007b \u202eopen'
    await store.database.query(
      `INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at)
       VALUES (?, 1, 'message', ?, 'old', ?, 1234)`,
      [id, sender, body],
    )
    await store.database.query('UPDATE rooms SET last_seq = 1 WHERE id = ?', [id])
    const token = await store.token(sender)
    const post = (message: object) => call(http(), 'POST', `/api/chat/rooms/${name}/messages`, token, message)

    expect(await alice.ask({ type: 'send', room: name, clientId: 'old', body })).toMatchObject({ type: 'ack', seq: 1 })
    expect(await post({ clientId: 'old', body })).toMatchObject({ clientId: 'old', seq: 1, at: 1234 })
    for (const other of [
      { clientId: 'new', body },
      { clientId: 'old', body: 'other\u0007' },
    ]) {
      const fault = {
        code: 'bad_request',
        field: 'body',
        message: expect.stringContaining('control character (U+0007)'),
      }
      const answer = await alice.ask({ type: 'send', room: name, ...other })
      expect(answer).toMatchObject({ type: 'error', request: 'send', room: name, clientId: other.clientId, ...fault })
      await expect(post(other)).rejects.toMatchObject({ status: 400, ...fault })
    }
    expect(await alice.ask({ type: 'send', room: name, clientId: 'next', body: 'x' })).toMatchObject({ seq: 2 })
  })

  test('whose body breaks a rule is no malformed frame', async () => {
    const [alice, name] = [await raw(one), await room()]
    await alice.ask({ type: 'join', room: name })
    for (const [index, body] of ['a\0b', '\u202eopen', 'x'.repeat(16_385), ''].entries()) {
      for (let i = 0; i < 10; i += 1) {
        const clientId = `c${index}:${i}`
        expect(await alice.ask({ type: 'send', room: name, clientId, body })).toMatchObject({ type: 'error', clientId })
      }
    }
    expect(await alice.ask({ type: 'ping' })).toEqual({ type: 'pong' })
  })

  test('to a room that was not joined is refused', async () => {
    const [socket, name] = [await raw(one), await room()]

    const answer = await socket.ask({ type: 'send', room: name, clientId: 'c', body: 'x' })
    expect(answer).toMatchObject({ type: 'error', code: 'forbidden', field: 'room', clientId: 'c' })
    await expect(
      call(http(), 'POST', `/api/chat/rooms/${name}/messages`, await store.token(uniqueName('stranger')), {
        clientId: 'c',
        body: 'x',
      }),
    ).rejects.toMatchObject({ status: 403, code: 'forbidden' })
  })
})

describe('an answer', () => {
  test('has the request id of its frame, and an error the type of the frame too', async () => {
    const [socket, name] = [await raw(one), await room()]
    const ask = (type: string, fields: object = {}) =>
      socket.ask({ type, room: name, requestId: `my-${type}`, ...fields })

    expect(await ask('history')).toMatchObject({ type: 'error', code: 'forbidden', request: 'history' })
    const frames = [
      ['join', 'joined'],
      ['send', 'ack'],
      ['history', 'history'],
      ['ping', 'pong'],
      ['leave', 'left'],
    ] as const
    for (const [type, answer] of frames) {
      expect(await ask(type, { clientId: 'c', body: 'x' })).toMatchObject({ type: answer, requestId: `my-${type}` })
    }
    // One that is stored is acknowledged again, also after the room was left.
    expect(await ask('send', { clientId: 'c', body: 'x' })).toMatchObject({ type: 'ack', requestId: 'my-send' })
    const refused = { type: 'error', room: name, clientId: 'd', requestId: 'my-send', request: 'send' }
    expect(await ask('send', { clientId: 'd', body: 'x' })).toMatchObject({ ...refused, code: 'forbidden' })
    expect(await ask('send', { clientId: 'd', body: 7 })).toMatchObject({ ...refused, code: 'bad_request' })
    expect(await socket.ask('{')).not.toHaveProperty('request')
  })

  test('to history says whether the room has more events, also where its size limits it', async () => {
    const [alice, socket, name] = [await user(one), await raw(two), await room()]
    await Promise.all([alice.join(name), socket.ask({ type: 'join', room: name })])
    // Of the 40 bodies, 32 fit one frame of 512 KiB.
    await Promise.all(Array.from({ length: 40 }, () => alice.send(name, 'x'.repeat(16_384))))
    const page = async (fields: object) => {
      const { events, hasMore } = await socket.ask({ type: 'history', room: name, ...fields })
      const seqs = (events as { seq: number }[]).map(({ seq }) => seq)
      return { first: seqs[0], last: seqs.at(-1), hasMore }
    }

    expect(await page({ limit: 5 })).toEqual({ first: 36, last: 40, hasMore: true })
    expect(await page({ before: 6, limit: 5 })).toEqual({ first: 1, last: 5, hasMore: false })
    expect(await page({ before: 7, limit: 5 })).toEqual({ first: 2, last: 6, hasMore: true })
    expect(await page({ before: 1 })).toEqual({ hasMore: false })
    expect(await page({ limit: 200 })).toEqual({ first: 9, last: 40, hasMore: true })
    expect(await page({ before: 9, limit: 200 })).toEqual({ first: 1, last: 8, hasMore: false })

    const get = (query: string) => call<object>(http(), 'GET', `/api/chat/rooms/${name}/messages?${query}`, alice.token)
    expect(await get('limit=39')).toMatchObject({ hasMore: true })
    expect(await get('limit=40')).toMatchObject({ hasMore: false })
    expect(await get('after=1&limit=38')).toMatchObject({ hasMore: true })
    expect(await get('after=1&limit=39')).toMatchObject({ hasMore: false })
  })
})

/** Removes a member as the writer does. Returns the event, which is not published. */
async function remove(name: string, member: string, seq: number): Promise<StoredEvent> {
  const { id } = await store.rooms.key(name)
  const event = { seq, kind: 'member', sender: 'owner', data: { user: member, change: 'removed' }, changed_seq: seq }
  await store.database.execute('DELETE FROM memberships WHERE room = ? AND member = ?', [id, member])
  await addEvents(store.database, id, [event])
  return { ...event, clientId: `c${seq}`, body: '', at: 1000 }
}

test('an event for the staff goes to accounts of the staff; of others, the API and the history say nothing of it', async () => {
  const [name, staff] = [await room(), uniqueName('staff')]
  await store.addUsers(staff)
  await store.database.execute("UPDATE users SET role = 'staff' WHERE name = ?", [staff])
  const [clerk, alice] = [await raw(one, staff), await raw(two)]
  await clerk.ask({ type: 'join', room: name })
  const { seq } = await alice.ask({ type: 'join', room: name })
  const [first, { id }] = [Number(seq) + 1, await store.rooms.key(name)]
  await addEvents(store.database, id, [{ seq: first, audience: 'staff', body: 'a note' }, { seq: first + 1 }])

  for (const [socket, hears] of [
    [clerk, true],
    [alice, false],
  ] as const) {
    await eventually(() => expect(socket.frames.at(-1)).toMatchObject({ type: 'event', seq: first + 1 }))
    const before = socket.frames.at(-2)
    expect(before).toMatchObject(
      hears ? { type: 'event', seq: first, audience: 'staff' } : { type: 'skipped', from: first },
    )
  }
  const [asStaff, asUser] = [await store.token(staff), await store.token(uniqueName('user'))]
  await call(http(), 'POST', `/api/chat/rooms/${name}/join`, asUser, {})
  for (const query of ['after=0', 'limit=10']) {
    const read = async (token: string) =>
      JSON.stringify(await call(http(), 'GET', `/api/chat/rooms/${name}/messages?${query}`, token))
    expect([query, (await read(asStaff)).includes('a note')]).toEqual([query, true])
    expect([query, (await read(asUser)).includes('a note')]).toEqual([query, false])
  }
})

describe('a user who is removed', () => {
  /** The user's connections to both processes, those of another one, and the position of the room. */
  async function members() {
    const [name, mallory] = [await room(), uniqueName('mallory')]
    const [alice, bob, ...removed] = await Promise.all([
      raw(one, uniqueName('alice')),
      raw(two, uniqueName('bob')),
      raw(one, mallory),
      raw(two, mallory),
      raw(two, mallory),
    ])
    const all = [alice, bob, ...removed]
    const joined = await Promise.all(all.map((socket) => socket.ask({ type: 'join', room: name })))
    const { seq, epoch } = joined.at(-1) as unknown as { seq: number; epoch: number }
    return { name, mallory, alice, bob, removed, seq, epoch }
  }

  /** The next message reaches the others alone, who have heard of the removal. */
  async function isGone({ name, alice, bob, removed }: Awaited<ReturnType<typeof members>>, seq: number) {
    await alice.ask({ type: 'send', room: name, clientId: 'after', body: 'they are gone' })
    for (const socket of [alice, bob]) {
      await eventually(() => expect(socket.frames).toContainEqual(expect.objectContaining({ body: 'they are gone' })))
      expect(socket.frames).toContainEqual(expect.objectContaining({ type: 'event', kind: 'member', seq }))
    }
    for (const socket of removed) {
      for (const frame of [{ type: 'history' }, { type: 'send', clientId: 'c', body: 'x' }]) {
        expect(await socket.ask({ ...frame, room: name })).toMatchObject({ type: 'error', code: 'forbidden' })
      }
      expect(socket.frames.filter(({ type }) => type === 'event')).toEqual([])
    }
  }

  test('hears nothing more on any process within a second', async () => {
    const chat = await members()
    const { name, mallory, removed, epoch } = chat
    const seq = chat.seq + 1
    const bus = new Bus({ url: redis.url })
    clients.push(bus)
    await eventually(() => bus.ping())
    const [event, { channel }] = [await remove(name, mallory, seq), await store.rooms.key(name)]
    const removedAtMs = performance.now()
    const frame = eventFrame(name, epoch, event)
    expect(bus.publish(channel, { epoch, seq, frame, header: headerOf(event) })).toBe(true)

    const told = await Promise.all(removed.map((socket) => socket.next('removed')))
    expect(performance.now() - removedAtMs).toBeLessThan(1000)
    for (const answer of told) expect(answer).toEqual({ type: 'removed', room: name, epoch, seq })
    await isGone(chat, seq)
  })

  test('hears nothing more within three seconds if Redis carries nothing', async () => {
    const chat = await members()
    const seq = chat.seq + 1
    await remove(chat.name, chat.mallory, seq)
    const removedAtMs = performance.now()
    await Promise.all(chat.removed.map((socket) => socket.next('removed')))
    expect(performance.now() - removedAtMs).toBeLessThan(3000)
    await isGone(chat, seq)
  })

  test('leaves the room in the clients of both languages, which pass over what they may not read', async () => {
    const [name, mallory] = [await room(), uniqueName('mallory')]
    await using python = await PythonClient.start(at(one), await store.token(mallory), mallory)
    const client = await user(two, { name: mallory })
    const [{ seq }] = await Promise.all([client.join(name), python.join(name)])
    const { id } = await store.rooms.key(name)
    const hidden = [1, 2].map((after) => ({ seq: seq + after, audience: 'user:999999', body: 'hidden' }))
    await addEvents(store.database, id, [...hidden, { seq: seq + 3, body: 'for everyone' }])
    await eventually(() => {
      expect(python.skipped).toEqual([seq + 2])
      for (const { delivered } of [python.record, client.record])
        expect(delivered.map((event) => event.seq)).toEqual([seq + 3])
    })

    const removed = once(client, 'removed')
    await remove(name, mallory, seq + 4)
    expect(await removed).toMatchObject([name, { code: 'forbidden' }])
    await eventually(() => expect(python.removed).toEqual([name]))
    expect(python.errors).toEqual([])
  })
})

describe('a process', () => {
  test('reports its health in the documented form', async () => {
    const up = { status: 'UP' }
    // A process is ready before it is connected to Redis.
    await eventually(async () =>
      expect(await api?.health()).toMatchObject({
        status: 200,
        body: { status: 'UP', components: { diskSpace: up, ping: up, redis: up, db: up } },
      }),
    )
    expect(await one?.health('/actuator/health/liveness')).toMatchObject({ status: 200, body: { status: 'UP' } })
    expect(await two?.health('/actuator/health/readiness')).toMatchObject({ status: 200, body: { status: 'UP' } })
  })

  test('tells the details of its health at the port of its metrics alone', async () => {
    for (const service of [api, one]) {
      const inside = await service?.components()
      expect(inside).toMatchObject({ diskSpace: { details: { free: expect.any(Number) } } })
      expect(JSON.stringify(await service?.health())).not.toContain('details')
    }
  })

  test('measures the waiting times of its users, and its load', async () => {
    const [alice, name] = [await user(one), await room()]
    await alice.join(name)
    const before = await one?.metrics()
    const sentAt = performance.now()
    await alice.send(name, 'how long?')
    const waitedSeconds = (performance.now() - sentAt) / 1000
    await call(http(), 'GET', `/api/chat/rooms/${name}/messages`, alice.token)

    const [ofApi, ofOne] = [await api?.metrics(), await one?.metrics()]
    const grown = (sample: string) => (ofOne?.get(sample) ?? 0) - (before?.get(sample) ?? 0)
    expect(grown('chat_message_seconds_count')).toBe(1)
    expect(grown('chat_message_seconds_sum')).toBeGreaterThan(0)
    // The client waits for the same commit, and for its frames besides.
    expect(grown('chat_message_seconds_sum')).toBeLessThan(waitedSeconds)
    expect(ofOne?.get('chat_events_healed_total')).toBeGreaterThanOrEqual(0)
    await eventually(async () => expect((await one?.metrics())?.get('chat_broadcast_seconds_count')).toBeGreaterThan(0))
    expect(ofOne?.get('chat_connections_limit')).toBe(memoryShares().connections)
    const route = 'chat_http_request_seconds_count{method="GET",route="/api/chat/rooms/:room/messages",status="200"}'
    expect(ofApi?.get(route)).toBeGreaterThan(0)
    expect([...(ofApi?.keys() ?? [])].filter((key) => key.includes('actuator'))).toEqual([])
    for (const samples of [ofApi, ofOne]) {
      expect(samples?.get('chat_health{component="redis"}')).toBe(1)
      expect(samples?.get('chat_database_connections_limit')).toBeGreaterThan(1)
      expect(samples?.get('chat_database_connections')).toBeGreaterThanOrEqual(0)
      expect(samples?.get('chat_heap_limit_bytes')).toBeGreaterThan(64 * 1024 * 1024)
    }
  })

  test('counts a user with two connections once', async () => {
    const name = uniqueName('user')
    const before = await one?.metrics()
    await user(one, { name })
    await user(one, { name })

    const after = await one?.metrics()
    expect((after?.get('chat_connections') ?? 0) - (before?.get('chat_connections') ?? 0)).toBe(2)
    expect((after?.get('chat_users') ?? 0) - (before?.get('chat_users') ?? 0)).toBe(1)
  })

  test('whose messages Redis loses says so and opens its connections again; the others keep theirs', async () => {
    await using ends = new AsyncDisposableStack()
    const [faulty, sound] = await Promise.all([RedisProxy.start(redis.port), RedisProxy.start(redis.port)])
    ends.use(faulty)
    ends.use(sound)
    const [ill, well] = await Promise.all(
      [faulty, sound].map(async ({ port }) => {
        const url = redis.url.replace(`:${redis.port}`, `:${port}`)
        const env = { DATABASE_URL: store.mariaDb.url, REDIS_URL: url, JWT_SECRET: secret }
        const service = await startService('websocket', env)
        ends.defer(() => service.stop())
        return service
      }),
    )
    const [alice, bob, name] = [await user(ill), await user(well), await room()]
    await Promise.all([alice.join(name), bob.join(name)])
    const redisOf = async (service: Service | undefined) => (await service?.components())?.['redis']
    const up = { status: 'UP' }
    await eventually(async () => expect([await redisOf(ill), await redisOf(well)]).toEqual([up, up]))
    // Publisher, subscriber, and that which counts the connections of users.
    expect([faulty.connections, sound.connections]).toEqual([3, 3])

    faulty.fault = 'swallow'
    await eventually(async () => {
      await alice.send(name, 'only in the database')
      expect(await redisOf(well)).toEqual(up)
      const error = expect.stringContaining('broadcast redis: 3 probes in a row failed: what it publishes does not')
      expect(await redisOf(ill)).toEqual({ status: 'DOWN', details: { error } })
      expect(faulty.connections).toBeGreaterThan(3)
    })
    expect((await well?.metrics())?.get('chat_events_healed_total')).toBeGreaterThan(0)
    expect(ill?.output()).toContain('its connections are opened again')

    faulty.fault = undefined
    await eventually(async () => expect(await redisOf(ill)).toEqual(up))
    const received = once(bob, 'event')
    await alice.send(name, 'through Redis')
    await received
    await eventually(() => expect(count([alice.record, bob.record])).toMatchObject({ lost: 0, duplicated: 0 }))
    expect(sound.connections).toBe(3)
    expect(well?.output()).not.toContain('its connections are opened again')
  })

  test('logs JSON without a secret, a password or a token', async () => {
    await user(one)
    for (const service of [api, one, two]) {
      const output = service?.output() ?? ''
      for (const line of output.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ msg: expect.any(String) })
      expect(output).not.toContain(secret)
      expect(output).not.toContain('sandbox-only')
      expect(output).not.toContain('eyJ')
    }
  })
})

describe('revoked and rotated credentials:', () => {
  test('a logout revokes the token everywhere, and closes its connections', async () => {
    const alice = await raw(two, 'leaver')
    const token = await store.token('leaver')
    const other = await openSocket(at(one), { token })

    await call(http(), 'POST', '/api/users/logout', token)

    expect(await other.closed()).toMatchObject({ code: 4401 })
    await expect(openSocket(at(two), { token })).rejects.toThrow('HTTP 401')
    await expect(call(http(), 'POST', '/api/chat/rooms', token, {})).rejects.toMatchObject({ status: 401 })
    expect(await alice.ask({ type: 'ping' })).toEqual({ type: 'pong' })
  })

  test('a ban revokes all earlier tokens of a user everywhere, and closes their connections', async () => {
    const name = uniqueName('banned')
    const socket = await raw(two, name)
    const token = await store.token(name)

    await new Revocations(store.database).add('user', name, Date.now() + 60_000)

    expect(await socket.closed()).toEqual({ code: 4401, reason: 'the token was revoked' })
    await eventually(() => expect(openSocket(at(one), { token })).rejects.toThrow('HTTP 401'))
    await expect(connect(at(one), { token })).rejects.toThrow('HTTP 401')
  })

  test('a new JWT secret and a new database password take effect without closing a connection', async () => {
    const [alice, name] = [await user(one), await room()]
    await alice.join(name)
    await store.addUsers('fresh', 'old', 'check')
    const next = 'another secret of more than 32 characters'
    const password = 'rotated-sandbox-only'

    // The database accepts only the new password before the mounted files change.
    const { adminUrl, url } = store.mariaDb
    await admin(adminUrl, `ALTER USER 'chat'@'%' IDENTIFIED BY '${password}'`)
    await mountSecret({ database: url.replace('sandbox-only', password), jwt: next, previous: secret })

    await eventually(async () => {
      const fresh = await openSocket(at(one), { token: signToken(next, 'fresh') })
      fresh.socket.terminate()
      for (const service of [api, one, two]) expect(service?.output()).toContain('DATABASE_URL was rotated')
    })
    // The old secret is the previous one now, and the open connection was never closed.
    const old = await openSocket(at(one), { token: await store.token('old') })
    old.socket.terminate()
    await alice.send(name, 'still here')
    expect(alice.record.reconnects).toBe(0)

    await admin(adminUrl, `ALTER USER 'chat'@'%' IDENTIFIED BY 'sandbox-only'`)
    await mountSecret({ database: url, jwt: next })
    await eventually(async () => {
      await expect(openSocket(at(one), { token: await store.token('old') })).rejects.toThrow('HTTP 401')
    })
    await mountSecret({ database: url, jwt: secret })
    await eventually(async () => {
      for (const service of [api, one, two]) {
        await call(http(), 'POST', '/api/chat/rooms', await store.token('check'), {})
        const socket = await openSocket(at(service === api ? one : service), { token: await store.token('check') })
        socket.socket.terminate()
      }
    })
  })

  async function admin(url: string, sql: string): Promise<void> {
    const { Database } = await import('../src/store/database.ts')
    const database = new Database({ url, maxConnections: 1 })
    await database.execute(sql)
    await database.close()
  }
})
