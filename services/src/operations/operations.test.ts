import { describe, expect, onTestFinished, test } from 'vitest'
import { call } from '../../client/api.ts'
import { connect, openApi } from '../../client/index.ts'
import { FRAMES, ROUTES } from '../../client/operations.ts'
import type { NewAction } from '../room/messages.ts'
import { notJoined } from '../store/rooms.ts'
import { OPERATIONS } from './registry.ts'
import { AT, EPOCH, open } from './testing/both-transports.ts'
import { cases, overHttp, overSocket } from './testing/examples.ts'

const [room, clientId] = ['kitchen', 'c1']

const isStoring = ({ stores }: (typeof cases)[number]) => stores !== undefined
const isAnswering = ({ stores }: (typeof cases)[number]) => stores === undefined

test('every operation has an example', () => {
  expect(cases.filter(({ input }) => input === undefined).map(({ name }) => name)).toEqual([])
})

describe('over HTTP', () => {
  const routed = cases.filter(({ operation }) => operation.http !== undefined)

  test.for(routed.filter(isStoring))('$name stores its event, and ignores unknown fields', async (example) => {
    const { http, log } = await open()
    const { stores, as = 'alice' } = example

    const answer = await overHttp(http, example, { later: { a: [1] } })

    expect(answer).toEqual({ room, clientId, epoch: EPOCH, seq: 4, at: AT })
    expect(log).toEqual([{ room, event: expect.objectContaining({ ...stores, clientId, sender: as }) }])
  })

  test.for(routed.filter(isAnswering))('$name does what it says, and ignores unknown fields', async (example) => {
    const { http, log, invitations } = await open()

    expect(await overHttp(http, example, { later: { a: [1] } })).toMatchObject(example.answers ?? {})
    expect(invitations).toEqual(example.invites ?? [])
    expect(log).toEqual([])
  })

  test('an event that is sent again is answered with 200 and its old number, and a new one with 201', async () => {
    const { http, log } = await open()
    const post = () =>
      fetch(`${http}/api/chat/rooms/kitchen/messages/2/pin`, {
        method: 'POST',
        headers: { Authorization: 'Bearer alice', 'Content-Type': 'application/json' },
        body: JSON.stringify({ clientId, change: 'add' }),
      })
    const [first, second] = [await post(), await post()]
    expect([first.status, second.status]).toEqual([201, 200])
    expect(await first.json()).toEqual(await second.json())
    expect(log).toHaveLength(1)
  })
})

describe('over a WebSocket', () => {
  const framed = cases.filter(({ operation }) => operation.frame !== undefined)

  test.for(framed.filter(isStoring))('$name stores its event, and ignores unknown fields', async (example) => {
    const { socket, log } = await open()
    const { stores, as = 'alice' } = example

    const answer = await overSocket(socket, example, { requestId: 'q1', later: { a: [1] } })

    expect(answer).toEqual({ type: 'ack', room, clientId, epoch: EPOCH, seq: 4, requestId: 'q1' })
    expect(log).toEqual([{ room, event: expect.objectContaining({ ...stores, clientId, sender: as }) }])
  })

  test.for(framed.filter(isAnswering))('$name does what it says, and ignores unknown fields', async (example) => {
    const { socket, log, invitations, told } = await open()
    const { answers, invites = [], tells = [], operation } = example

    const answer = await overSocket(socket, example, { requestId: 'q1', later: { a: [1] } })

    // What has no answer is followed by a ping.
    const type = operation.frame?.answer?.type ?? 'pong'
    expect(answer).toMatchObject({ type, requestId: 'q1', ...answers })
    expect([invitations, told]).toEqual([invites, tells])
    expect(log).toEqual([])
  })

  test('an operation on messages is refused in a room that the connection has not joined', async () => {
    const { socket, log } = await open()
    const alice = await socket('alice')
    for (const { operation, input } of framed.filter(({ operation: { limit } }) => limit === 'unacknowledged')) {
      const { type, kind } = operation.frame ?? {}
      expect(await alice.ask({ type, kind, ...input })).toEqual({
        type: 'error',
        request: type,
        room,
        clientId,
        code: 'forbidden',
        field: 'room',
        message: 'join the room "kitchen" first',
      })
    }
    expect(log).toEqual([])
  })
})

describe('the reference client', () => {
  test('knows the routes and frames of all operations', () => {
    const routes = OPERATIONS.flatMap(({ name, http }) => (http ? [[name, [http.method, http.path]]] : []))
    expect(ROUTES).toEqual(Object.fromEntries(routes))
    // The client has methods of its own for these.
    const own = new Set(['joinRoom', 'stopReceiving', 'sync', 'renewToken', 'sendMessage', 'tellTyping'])
    const frames = OPERATIONS.flatMap(({ name, frame: { type, kind } = {} }) =>
      type === undefined || own.has(name) ? [] : [[name, kind === undefined ? { type } : { type, kind }]],
    )
    expect(FRAMES).toEqual(Object.fromEntries(frames))
  })

  const known = cases.filter(({ name }) => name in ROUTES)

  test.for(known)('asks for $name over HTTP', async ({ name, as = 'alice', input, answers, stores }) => {
    const { http } = await open()
    const api = openApi(http, () => as) as unknown as Record<string, (input: unknown) => Promise<unknown>>
    expect(await api[name]?.(input)).toMatchObject(answers ?? (stores ? { room, clientId, seq: 4, at: AT } : {}))
  })

  test('asks for operations over its connection, with their types', async () => {
    const { ws } = await open()
    const client = await connect(ws, { token: 'alice' })
    onTestFinished(() => client.close())
    await client.join(room)
    const { members, next } = await client.ask('listMembers', { room, limit: 1 })
    expect([members[0]?.user, next]).toEqual(['bob', 'bmV4dA'])
    expect(await client.ask('editMessage', { room, clientId, target: 2, body: 'hi' })).toMatchObject({ seq: 4 })
    await expect(client.ask('getRoom', { room: 'absent' })).rejects.toMatchObject({ code: 'not_found' })

    const asked = client.ask('listRooms', {})
    await client.close()
    await expect(asked).rejects.toMatchObject({ code: 'unavailable' })
    await expect(client.ask('listRooms', {})).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('while typed events are not enabled', () => {
  const added = cases.filter(({ operation: { isNew } }) => isNew)
  const refusal = { code: 'unavailable', message: expect.stringContaining('not enabled') }

  test.for(added.filter(({ operation }) => operation.http))('$name is refused over HTTP', async (example) => {
    const { http, log } = await open({ isOn: false })
    await expect(overHttp(http, example)).rejects.toMatchObject({ status: 503, ...refusal })
    expect(log).toEqual([])
  })

  test('all of them are refused over a connection, which stays open', async () => {
    const { socket, log } = await open({ isOn: false })
    const alice = await socket('alice')
    await alice.ask({ type: 'join', room })
    for (const { operation, input } of added.filter(({ operation: { frame } }) => frame)) {
      const { type, kind } = operation.frame ?? {}
      expect(await alice.ask({ type, kind, ...input })).toMatchObject({ type: 'error', request: type, ...refusal })
    }
    for (const extra of [{ replyTo: 2 }, { mentions: ['bob'] }, { mentionsAll: true }]) {
      const answer = await alice.ask({ type: 'send', room, clientId, body: 'x', ...extra })
      expect(answer).toMatchObject({ ...refusal, field: Object.keys(extra)[0], clientId })
    }
    expect(await alice.ask({ type: 'send', room, clientId, body: 'x' })).toMatchObject({ type: 'ack' })
    expect(log).toHaveLength(1)
  })

  test('while not every process knows that they are, private rooms cannot be made, and the rules hold', async () => {
    const { http, created } = await open({ isOnEverywhere: false })
    const post = (path: string, body: object = {}, as = 'alice') =>
      call<object>(http, 'POST', `/api/chat/${path}`, as, body)
    await post('rooms')
    expect(created).toMatchObject([{ rules: { kind: 'public', join: 'open' } }])
    const later = { status: 503, code: 'unavailable', message: expect.stringContaining('less than 5 s ago') }
    await expect(post('rooms', { kind: 'group' })).rejects.toMatchObject({ ...later, field: 'kind' })
    await expect(post('rooms/kitchen/invitations', { user: 'erin' })).rejects.toMatchObject(later)
    await expect(post('rooms/kitchen/join', {}, 'erin')).rejects.toMatchObject({ status: 404 })
  })

  test('rooms are public, and all others are refused; afterwards groups are made, and only public rooms are named', async () => {
    const before = await open({ isOn: false })
    const post = (http: string, body: object) => call<object>(http, 'POST', '/api/chat/rooms', 'alice', body)
    await post(before.http, { room: 'named' })
    await post(before.http, { kind: 'public', join: 'open' })
    const openToAll = { kind: 'public', join: 'open', post: 'everyone', history: 'all' }
    expect(before.created).toMatchObject([{ slug: 'named', rules: openToAll }, { rules: openToAll }])
    for (const [field, body] of Object.entries({
      kind: { kind: 'group' },
      join: { join: 'invite' },
      post: { post: 'admins' },
    }))
      await expect(post(before.http, body)).rejects.toMatchObject({ status: 503, code: 'unavailable', field })

    const after = await open()
    await post(after.http, {})
    await post(after.http, { room: 'named', kind: 'public' })
    expect(after.created).toMatchObject([
      { slug: undefined, rules: { kind: 'group', join: 'invite' } },
      { slug: 'named', rules: { kind: 'public', join: 'open' } },
    ])
    await expect(post(after.http, { room: 'named' })).rejects.toMatchObject({
      status: 400,
      field: 'room',
      message: '"named": only public rooms have a chosen name: leave it out, or set "kind" to "public"',
    })
  })
})

describe('a room that is not there and one that the user may not know of', () => {
  const inRooms = cases.filter(({ operation, input }) => operation.action && input?.['room'] === room)

  test.for(inRooms)('are one to $name', async (example) => {
    const { http, socket, log, invitations, reads } = await open()
    const [erin, statements] = [await socket('erin'), [] as string[][]]
    for (const name of ['kitchen', 'absent']) {
      const asked = { ...example, as: 'erin', input: { ...example.input, room: name } }
      const error = await overHttp(http, asked).catch((each: unknown) => each)
      const message = `there is no room "${name}"`
      expect(error).toMatchObject({ status: 404, code: 'not_found', field: 'room', message })
      const { type, kind } = example.operation.frame ?? {}
      const answer = type === undefined ? undefined : await erin.ask({ type, kind, ...asked.input })
      // A connection that has not joined a room cannot tell either.
      const isJoined = example.operation.limit === 'unacknowledged' || type === 'history'
      const refusal = isJoined
        ? { code: 'forbidden', message: notJoined(name).message }
        : { code: 'not_found', message }
      expect(answer ?? error).toMatchObject(refusal)
      statements.push(reads.splice(0))
    }
    // The same statements take the same time.
    expect(statements[0]).toEqual(statements[1])
    expect(statements[0]?.[0]).toBe('room')
    expect([...log, ...invitations]).toEqual([])
  })
})

test('who may see a room and not change it is told so', async () => {
  const { http, log } = await open()
  const invite = { method: 'POST', path: '/api/chat/rooms/kitchen/invitations' }
  await expect(call(http, invite.method, invite.path, 'bob', { user: 'erin' })).rejects.toMatchObject({
    status: 403,
    code: 'forbidden',
    message: 'only an admin of the room invites to it',
  })
  await expect(call(http, 'GET', '/api/chat/rooms/square/messages', 'erin')).rejects.toMatchObject({
    status: 403,
    message: 'join the room "square" first',
  })
  expect(log).toEqual([])
})

test('who has left may repeat what made that so', async () => {
  const { http, log } = await open()
  const leave = (as: string) => call<object>(http, 'POST', '/api/chat/rooms/kitchen/leave', as, { clientId })
  const first = await leave('bob')
  // To the room, erin is what bob is now.
  log[0] = { room, event: { ...(log[0]?.event as NewAction), sender: 'erin' } }
  expect(await leave('erin')).toEqual(first)
  expect(log).toHaveLength(1)
})

test('who was removed may repeat over a new connection what was stored before, and sends nothing else', async () => {
  const { socket, log } = await open()
  const [bob, erin] = [await socket('bob'), await socket('erin')]
  await bob.ask({ type: 'join', room })
  const send = { type: 'send', room, clientId, body: 'x' }
  const first = await bob.ask(send)
  expect(first).toMatchObject({ type: 'ack', clientId })
  // To the room, erin is what bob is now.
  log[0] = { room, event: { ...(log[0]?.event as NewAction), sender: 'erin' } }
  expect(await erin.ask({ type: 'join', room })).toMatchObject({ type: 'error', code: 'not_found' })
  expect(await erin.ask(send)).toEqual(first)
  for (const other of [room, 'square', 'absent'])
    expect(await erin.ask({ ...send, room: other, clientId: 'new' })).toMatchObject({
      type: 'error',
      code: 'forbidden',
      message: `join the room "${other}" first`,
    })
  expect(log).toHaveLength(1)
})

test.for(['carol', 'dave'])('%s declines the own one, of a room that is not seen too', async (as) => {
  const { http, invitations } = await open()
  const decline = (name: string) => call<object>(http, 'POST', `/api/chat/rooms/${name}/invitations/decline`, as, {})
  expect(await decline(room)).toEqual({ room, user: as })
  expect(invitations).toEqual([{ room: 1, removed: as === 'carol' ? 3 : 4 }])
  await expect(decline('absent')).rejects.toMatchObject({
    status: 404,
    field: 'room',
    message: 'you are not invited to a room "absent", and have not asked to join it',
  })
})

describe('whatever is no invitation and no request', () => {
  test.for([
    ['accept a request', 'dave', 'invitations/accept', { clientId }, 404, 'room', 'there is no room "kitchen"'],
    ['join by invitation', 'carol', 'join', {}, 403, 'room', 'you are invited: accept the invitation first'],
    ['approve', 'alice', 'requests/erin/approve', { clientId }, 404, 'user', '"erin" has not asked to join'],
    ['invite a member', 'alice', 'invitations', { user: 'bob' }, 409, 'user', '"bob" is a member of the room already'],
    ['invite nobody', 'alice', 'invitations', { user: 'nobody' }, 404, 'user', 'there is no user "nobody"'],
    ['decline for nobody', 'alice', 'invitations/decline', { user: 'erin' }, 404, 'user', '"erin" is not invited to'],
    ['decline nothing', 'bob', 'invitations/decline', {}, 404, 'room', 'you are not invited to a room "kitchen"'],
    ['decline for others', 'bob', 'invitations/decline', { user: 'dave' }, 403, 'room', 'only an admin'],
    ['ask as a member', 'bob', 'requests', {}, 409, 'room', 'you are a member of the room "kitchen" already'],
    ['ask for what is closed', 'carol', 'requests', {}, 403, 'room', 'the room "kitchen" takes no requests'],
    ['change nothing', 'alice', '', { clientId }, 400, 'title', 'nothing is changed: give at least one of title,'],
  ] as const)('is refused: %s', async ([, as, path, body, status, field, message]) => {
    const { http, log, invitations } = await open()
    const method = path === '' ? 'PATCH' : 'POST'
    const at = ['/api/chat/rooms/kitchen', path].filter((part) => part !== '').join('/')
    await expect(call(http, method, at, as, body)).rejects.toMatchObject({
      status,
      field,
      message: expect.stringContaining(message),
    })
    expect([...log, ...invitations]).toEqual([])
  })
})
