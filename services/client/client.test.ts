import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import { eventually } from '@chat-app/testing'
import { ChatClient, connect } from './client.ts'
import { Following, type FollowingHandlers } from './following.ts'
import { Pauses } from './retry.ts'
import { signToken } from './token.ts'
import { SessionEndedError } from './types.ts'

const token = signToken('a secret of more than 32 characters', 'alice')
const retryMs = { first: 10, most: 20 }
let server: Server | undefined

afterEach(() => {
  vi.useRealTimers()
  server?.close()
  server?.closeAllConnections()
})

/** Refuses the first upgrades with the given statuses, or header lines after them, and accepts those after them. */
async function listen(
  ...refusals: (number | string)[]
): Promise<{ url: string; sockets: WebSocketServer; refused: () => number }> {
  let refused = 0
  const sockets = new WebSocketServer({ noServer: true })
  server = createServer()
  server.on('upgrade', (request, socket, head) => {
    // A client that is closed may cut the connection.
    socket.on('error', () => undefined)
    const status = refusals.shift()
    if (status !== undefined) {
      refused += 1
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)
    } else sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit('connection', accepted))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, refused: () => refused }
}

test('a client connects after two refusals with 503', async () => {
  const { url } = await listen(503, 503)
  const client = await connect(url, { token, retryMs })
  expect(client.isConnected).toBe(true)
  await client.close()
})

test('a client that is refused fails with the status of the refusal', async () => {
  const { url, refused } = await listen(...Array.from({ length: 10_000 }, () => 503))
  const client = new ChatClient(url, { token, retryMs, timeoutMs: 50 })
  // The answer to the first request has arrived when the client sends the second.
  await eventually(() => expect(refused()).toBeGreaterThan(1))
  await expect(client.ready()).rejects.toThrow('HTTP 503')
})

test('a client that is closed while it waits for its token does not connect', async () => {
  const { url, sockets } = await listen()
  const wanted = Promise.withResolvers<string>()
  const asked = Promise.withResolvers<void>()
  const client = new ChatClient(url, { token: () => (asked.resolve(), wanted.promise), retryMs })
  let connections = 0
  sockets.on('connection', () => (connections += 1))
  await asked.promise

  await client.close()
  wanted.resolve(token)
  const another = await connect(url, { token, retryMs })

  await eventually(() => expect(connections).toBe(1))
  expect(client.isConnected).toBe(false)
  await another.close()
})

describe('a client pauses before it connects again:', () => {
  const pauses = { first: 2, most: 16 }
  /** The pauses that follow each other, each from half to all of a time. */
  const doubling = [2, 4, 8, 16, 16]

  function follow(
    url: string,
    token: string | ((refused?: string) => string),
  ): { client: ChatClient; waited: number[]; ended: string[] } {
    const client = new ChatClient(url, { token, retryMs: pauses })
    const [waited, ended]: [number[], string[]] = [[], []]
    client.on('waiting', (pauseMs) => waited.push(pauseMs)).on('ended', (reason) => ended.push(reason))
    return { client, waited, ended }
  }

  /** Those of the first pauses that are missing, or not from half to all of their longest time. */
  function outside(waited: readonly number[], longest: readonly number[]): unknown[] {
    return longest.flatMap((most, index) => {
      const pauseMs = waited[index]
      return pauseMs !== undefined && pauseMs >= most / 2 && pauseMs <= most ? [] : [{ index, pauseMs, most }]
    })
  }

  /** Answers each join with `answer`, and then does `act`. */
  function onJoin(sockets: WebSocketServer, answer: () => object, act: (socket: WebSocket) => void): void {
    sockets.on('connection', (socket: WebSocket) => {
      socket.on('message', () => {
        socket.send(JSON.stringify(answer()))
        act(socket)
      })
    })
  }

  test('longer each time until a room is joined, although the connection opens', async () => {
    const { url, sockets } = await listen()
    const { client, waited } = follow(url, token)
    const unavailable = { type: 'error', code: 'unavailable', message: 'try again', request: 'join', room: 'r' }
    const joined = { type: 'joined', room: 'r', epoch: 1, seq: 0 }
    onJoin(
      sockets,
      () => (waited.length < doubling.length ? unavailable : joined),
      (socket) => socket.close(1013),
    )
    void client.join('r')

    await eventually(() => expect(waited.length).toBeGreaterThan(doubling.length))
    expect(outside(waited, [...doubling, 2])).toEqual([])
    await client.close()
  })

  test.for([
    { second: 'message that follows', message: true },
    { second: 'other room', message: false },
  ])('longer each time although a room is joined, while the $second is refused', async ({ message }) => {
    const { url, sockets } = await listen()
    const { client, waited } = follow(url, token)
    sockets.on('connection', (socket: WebSocket) => {
      const answers = ['joined', waited.length < doubling.length ? 'error' : message ? 'ack' : 'joined']
      socket.on('message', (data) => {
        const asked = JSON.parse((data as Buffer).toString()) as { type: string }
        const position = { epoch: 1, seq: 1, code: 'unavailable', request: asked.type }
        socket.send(JSON.stringify({ ...asked, ...position, type: answers.shift() }))
        if (answers.length === 0) socket.close(1013)
      })
    })
    // The connection is not open yet, so this is what it sends again each time.
    void client.join('r')
    const done = message ? client.send('r', 'x') : client.join('s')

    await eventually(() => expect(waited.length).toBeGreaterThan(doubling.length))
    expect(outside(waited, [...doubling, 2])).toEqual([])
    await done
    await client.close()
  })

  test('the first time again after a connection without a room was open for 10 s', async () => {
    const { url, sockets } = await listen(503, 503, 503)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { client, waited } = follow(url, token)
    client.on('waiting', (pauseMs) => setImmediate(() => vi.isFakeTimers() && vi.advanceTimersByTime(pauseMs + 1)))
    const accepted: WebSocket[] = []
    sockets.on('connection', (socket: WebSocket) => accepted.push(socket))
    await once(client, 'connected')

    vi.advanceTimersByTime(10_000)
    accepted[0]?.close(1012)
    await once(client, 'waiting')

    expect(outside(waited, [2, 4, 8, 2])).toEqual([])
    await client.close()
  })

  test.for([400, 403, 404, 426, 302])('the longest time after HTTP %i', async (status) => {
    const { url } = await listen(status, 503)
    const { client, waited } = follow(url, token)
    await once(client, 'connected')
    expect(outside(waited, [16, 16])).toEqual([])
    await client.close()
  })

  test.for([503, 429])(
    'as long as Retry-After says after HTTP %i, and as if the attempt had failed',
    async (status) => {
      const { url } = await listen(`${status} Busy\r\nRetry-After: 7`)
      const { client, waited } = follow(url, token)
      await once(client, 'waiting')
      expect(outside([(waited[0] ?? 0) - 7000], [2])).toEqual([])
      await client.close()
    },
  )

  test('as long as the error that closes the connection says', async () => {
    const { url, sockets } = await listen()
    const { client, waited } = follow(url, token)
    const busy = { type: 'error', code: 'unavailable', message: 'busy', room: 'r', retryAfterSeconds: 3 }
    onJoin(
      sockets,
      () => busy,
      (socket) => socket.close(1013),
    )
    void client.join('r').catch(() => undefined)
    await once(client, 'waiting')
    expect(outside([(waited[0] ?? 0) - 3000], [2])).toEqual([])
    await client.close()
  })

  test('but not as long as an error says with which the connection goes on', async () => {
    const { url, sockets } = await listen()
    const { client, waited } = follow(url, token)
    sockets.on('connection', (socket: WebSocket) => {
      for (const request of ['read', 'typing', 'watch', 'renew'])
        socket.send(
          JSON.stringify({ type: 'error', code: 'unavailable', message: 'no', request, retryAfterSeconds: 60 }),
        )
      socket.close(1012)
    })
    await once(client, 'waiting')
    expect(outside(waited, [2])).toEqual([])
    await client.close()
  })

  test('longer each time while the function for tokens gives refused ones', async () => {
    const { url, refused } = await listen(...doubling.map(() => 401))
    let given = 0
    const { client, waited } = follow(url, () => ((given += 1), token))
    await once(client, 'connected')
    expect(outside(waited, doubling)).toEqual([])
    expect([given, refused()]).toEqual([doubling.length + 1, doubling.length])
    await client.close()
  })

  test('and says which token was refused, until the session has ended', async () => {
    const { url } = await listen(401, 503, 401)
    const refused: (string | undefined)[] = []
    const { ended } = follow(url, (former?: string) => {
      refused.push(former)
      if (refused.length > 3) throw new SessionEndedError('log in again')
      return token
    })
    await eventually(() => expect(ended).toEqual(['no token: log in again']))
    expect(refused).toEqual([undefined, token, undefined, token])
  })

  test('not at all when a fixed token is refused', async () => {
    const { url } = await listen(401)
    const { waited, ended } = follow(url, token)
    await eventually(() => expect(ended).toEqual(['HTTP 401']))
    expect(waited).toEqual([])
  })

  test.for([1000, 1001, 1011, 1012, 1013, 4000])('and goes on after the close code %i', async (code) => {
    const { url, sockets } = await listen()
    const { client, ended } = follow(url, token)
    sockets.once('connection', (socket: WebSocket) => socket.close(code))
    await eventually(() => {
      expect(client.record.reconnects).toBe(1)
      expect(client.isConnected).toBe(true)
    })
    expect(ended).toEqual([])
    await client.close()
  })

  test.for([1002, 1003, 1007, 1008, 1009, 4400])('and ends after the close code %i: it has a bug', async (code) => {
    const { url, sockets } = await listen()
    const { client, waited, ended } = follow(url, () => token)
    const joining = client.join('r')
    sockets.on('connection', (socket: WebSocket) => socket.close(code, 'why'))
    await expect(joining).rejects.toThrow(`closed with ${code}: why`)
    expect([waited, ended]).toEqual([[], [`closed with ${code}: why`]])
    await expect(client.send('r', 'x')).rejects.toThrow('closed')
  })

  test('and takes a new token after the close code 4401, or ends with a fixed one', async () => {
    const { url, sockets } = await listen()
    sockets.on('connection', (socket: WebSocket) => socket.close(4401, 'the token has expired'))
    let given = 0
    const renewing = follow(url, () => ((given += 1), token))
    const fixed = follow(url, token)
    await eventually(() => expect(given).toBeGreaterThan(5))
    expect(outside(renewing.waited, doubling)).toEqual([])
    expect(renewing.ended).toEqual([])
    expect(fixed.ended).toEqual(['closed with 4401: the token has expired'])
    expect(fixed.waited).toEqual([])
    await renewing.client.close()
  })

  test('and goes on after it closed the connection itself, because it could not read a frame', async () => {
    const { url, sockets } = await listen()
    const codes: number[] = []
    sockets.on('connection', (socket: WebSocket) => {
      socket.on('close', (code) => codes.push(code))
      socket.send('{')
    })
    const { client, waited, ended } = follow(url, token)
    await eventually(() => expect(codes.length).toBeGreaterThan(4))
    expect(codes[0]).toBe(1002)
    expect(outside(waited, doubling.slice(0, 4))).toEqual([])
    expect(ended).toEqual([])
    await client.close()
  })
})

test('a room that was joined and is refused later is not joined again', async () => {
  const { url, sockets } = await listen()
  const client = new ChatClient(url, { token, retryMs })
  const asked: string[] = []
  sockets.on('connection', (socket: WebSocket) => {
    const isFirst = asked.length === 0
    socket.on('message', (data) => {
      asked.push((data as Buffer).toString())
      const refusal = { type: 'error', code: 'not_found', message: 'gone', request: 'join', room: 'r' }
      socket.send(JSON.stringify(isFirst ? { type: 'joined', room: 'r', epoch: 1, seq: 4 } : refusal))
      socket.close(1012)
    })
  })
  const removed = once(client, 'removed')
  expect(await client.join('r')).toEqual({ epoch: 1, seq: 4 })

  expect(await removed).toMatchObject(['r', { code: 'not_found' }])
  await once(client, 'connected')
  expect(asked).toHaveLength(2)
  await client.close()
})

test('a message whose frame would be too long is refused before it is sent', async () => {
  const { url } = await listen()
  const client = await connect(url, { token, retryMs })
  await expect(client.send('r', '\u0001'.repeat(16_384))).rejects.toMatchObject({ code: 'too_large' })
  expect(client.isConnected).toBe(true)
  await client.close()
})

describe('a client that follows rooms', () => {
  const slugs = Array.from({ length: 450 }, (_, i) => `room${i}`)
  interface Asked {
    readonly type: string
    readonly room?: string
    readonly after?: object
    readonly rooms?: { room: string; after?: object }[]
    readonly inbox?: object
  }

  /** Calls `answer` with each frame of each connection. */
  function answering(sockets: WebSocketServer, answer: (socket: WebSocket, frame: Asked) => object): Asked[] {
    const asked: Asked[] = []
    sockets.on('connection', (socket: WebSocket) => {
      socket.on('message', (data) => {
        const frame = JSON.parse((data as Buffer).toString()) as Asked
        asked.push(frame)
        socket.send(JSON.stringify({ requestId: 'sync', ...answer(socket, frame) }))
      })
    })
    return asked
  }

  /** Follows without a connection. */
  function followAlone(handlers: Partial<FollowingHandlers>): Following {
    const nothing = () => undefined
    const [send, positionOf, onEvent, onRoom, onInbox] = [nothing, nothing, nothing, nothing, nothing]
    const [onSynced, onRefused, onUnsupported] = [nothing, nothing, nothing]
    const pauses = new Pauses({ first: 1000, most: 4000 })
    const all = { send, positionOf, onEvent, onRoom, onInbox, onSynced, onRefused, onUnsupported, pauses }
    return new Following({ ...all, ...handlers })
  }

  test('asks for 200 at a time, and after a reconnect again from where it was', async () => {
    const { url, sockets } = await listen()
    const client = new ChatClient(url, { token, retryMs })
    const events: string[] = []
    client.on('event', ({ room, seq }) => events.push(`${room} ${seq}`))
    let connection: WebSocket | undefined
    const asked = answering(sockets, (socket, { rooms = [], inbox }) => {
      connection = socket
      const answers = rooms.map(({ room }) =>
        room === 'room7'
          ? { room, error: 'not_found' }
          : { room, epoch: 1, seq: 5, ...(room === 'room3' && { events: [{ seq: 5, sender: 'bob', clientId: 'c' }] }) },
      )
      return { type: 'synced', rooms: answers, ...(inbox && { inbox: { no: 9, entries: [], rooms: ['room3'] } }) }
    })
    const synced = once(client, 'synced')
    client.follow(
      slugs.map((slug) => [slug, undefined] as const),
      { inbox: true },
    )
    await synced
    expect(asked.map(({ rooms }) => rooms?.length)).toEqual([200, 200, 50])
    expect(asked.map(({ inbox }) => inbox)).toEqual([{}, undefined, undefined])
    expect(events).toEqual(['room3 5'])

    asked.splice(0)
    const again = once(client, 'synced')
    connection?.terminate()
    await again
    expect(asked.map(({ rooms }) => rooms?.length)).toEqual([200, 200, 49])
    expect(asked[0]?.inbox).toEqual({ no: 9 })
    expect(asked.flatMap(({ rooms = [] }) => rooms).every(({ after }) => after)).toBe(true)
    await client.close()
  })

  test('joins them if the server does not know the frame', async () => {
    const { url, sockets } = await listen()
    const client = new ChatClient(url, { token, retryMs })
    const asked = answering(sockets, (_, { type, room }) => {
      if (type === 'join') return { type: 'joined', room, epoch: 1, seq: 5 }
      return { type: 'error', code: 'bad_request', field: 'type', message: '"sync": must be one of join, send' }
    })
    client.follow(slugs.slice(0, 3).map((slug) => [slug, { epoch: 1, seq: 4 }] as const))
    // The client knows its joins before the server does.
    await eventually(() =>
      expect(asked.map(({ type, room }) => room ?? type)).toEqual(['sync', 'room0', 'room1', 'room2']),
    )
    expect(client.record.joined.size).toBe(3)
    await client.close()
  })

  test('asks again while the database cannot be asked', async () => {
    const { url, sockets } = await listen()
    const client = new ChatClient(url, { token, retryMs })
    const asked = answering(sockets, (_, { rooms = [] }) =>
      asked.length < 3
        ? { type: 'error', code: 'unavailable', message: 'try again later', request: 'sync' }
        : { type: 'synced', rooms: rooms.map(({ room }) => ({ room, epoch: 1, seq: 5 })) },
    )
    const synced = once(client, 'synced')
    client.follow([['room0', undefined]])
    await synced
    expect(asked.map(({ rooms }) => rooms?.map(({ room }) => room))).toEqual([['room0'], ['room0'], ['room0']])
    await client.close()
  })

  test('asks again after what the server asks for, and a time that grows', () => {
    vi.useFakeTimers()
    let asked = 0
    const following = followAlone({ send: () => (asked += 1) })
    following.add([['room0', undefined]], false)
    const waits = [1000, 2000, 4000, 4000].map((longestMs) => {
      const before = asked
      following.receive({ type: 'error', code: 'unavailable', requestId: 'sync', retryAfterSeconds: 7 })
      vi.advanceTimersByTime(7000 + longestMs / 2 - 1)
      const isEarly = asked > before
      vi.advanceTimersByTime(longestMs / 2 + 1)
      return [isEarly, asked - before]
    })
    expect(waits).toEqual(waits.map(() => [false, 1]))
  })

  test('does not repeat what is refused, and goes on with the other rooms', () => {
    vi.useFakeTimers()
    const asked: number[] = []
    const refused: unknown[] = []
    let synced = 0
    const following = followAlone({
      send: (frame) => asked.push((frame as Asked).rooms?.length ?? 0),
      onRefused: (rooms, code) => refused.push([rooms.length, code]),
      onSynced: () => (synced += 1),
    })
    following.add(
      slugs.slice(0, 201).map((slug) => [slug, undefined] as const),
      false,
    )
    for (let i = 0; i < 2; i += 1) following.receive({ type: 'error', code: 'bad_request', requestId: 'sync' })
    vi.advanceTimersByTime(600_000)
    expect(asked).toEqual([200, 1])
    expect(refused).toEqual([
      [200, 'bad_request'],
      [1, 'bad_request'],
    ])
    expect(synced).toBe(1)
  })

  test('has each event of a room once that it has joined later, and its position does not go back', async () => {
    const { url, sockets } = await listen()
    const client = new ChatClient(url, { token, retryMs })
    const events: number[] = []
    client.on('event', ({ seq }) => events.push(seq))
    let connection: WebSocket | undefined
    const event = (seq: number) => ({ type: 'event', room: 'r', epoch: 1, seq, sender: 'bob', clientId: `c${seq}` })
    const asked = answering(sockets, (socket, { type }) => {
      connection = socket
      // The server sends all that it has after the position, whatever the client had by then.
      if (type === 'sync')
        return { type: 'synced', rooms: [{ room: 'r', epoch: 1, seq: 7, events: [event(6), event(7)] }] }
      return { type: 'joined', room: 'r', epoch: 1, seq: 7 }
    })
    client.follow([['r', { epoch: 1, seq: 5 }]])
    await once(client, 'synced')
    await client.join('r')
    for (const seq of [8, 9]) connection?.send(JSON.stringify(event(seq)))
    await eventually(() => expect(events).toEqual([6, 7, 8, 9]))

    asked.splice(0)
    for (let i = 1; i <= 2; i += 1) {
      const again = once(client, 'synced')
      connection?.terminate()
      await again
    }
    expect(asked.map(({ after, rooms }) => after ?? rooms?.[0]?.after)).toEqual(
      Array.from({ length: 4 }, () => ({ epoch: 1, seq: 9 })),
    )
    expect(events).toEqual([6, 7, 8, 9])
    await client.close()
  })
})
