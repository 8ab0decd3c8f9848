import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { textFrame } from '../protocol/text-frame.ts'
import {
  chooseFrameWriter,
  handleWriter,
  keepsOrder,
  writeThroughWs,
  writeToSocket,
  type FrameWriter,
  type Target,
} from './frame-writer.ts'
import type { Turn } from './turn.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** A connection over TCP: the server's ends, and the client. */
async function connect(): Promise<{ webSocket: WebSocket; socket: Duplex; client: WebSocket }> {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const server = createServer()
  const accepted = Promise.withResolvers<{ webSocket: WebSocket; socket: Duplex }>()
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (webSocket) => accepted.resolve({ webSocket, socket })),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  cleanUps.push(() => (client.terminate(), server.close()))
  await once(client, 'open')
  return { ...(await accepted.promise), client }
}

function turnOf(text: string): Turn {
  const bytes = textFrame(Buffer.from(text))
  return { frames: [bytes], bytes }
}

describe.for([
  ['written to the handle', handleWriter()],
  ['written to the socket', writeToSocket],
  ['sent by ws', writeThroughWs],
] as [string, FrameWriter][])('a prebuilt frame that is %s', ([, write]) => {
  test('arrives in order with what ws sends', async () => {
    expect(await keepsOrder(write)).toBe(true)
  })

  test('is one text message for the client, whatever its length', async () => {
    const { webSocket, socket, client } = await connect()
    const texts = [0, 1, 125, 126, 65_535, 65_536, 100_000].map((length) => 'x'.repeat(length))
    const received: string[] = []
    const all = Promise.withResolvers<void>()
    client.on('message', (data, isBinary) => {
      expect(isBinary).toBe(false)
      received.push((data as Buffer).toString())
      if (received.length === texts.length + 1) all.resolve()
    })

    const target = { webSocket, socket, untakenBytes: 0 }
    for (const text of texts) write(target, turnOf(text))
    webSocket.send('last')
    await all.promise

    expect(received).toEqual([...texts, 'last'])
  })

  test('is dropped without an error after the connection was cut', async () => {
    const { webSocket, socket } = await connect()
    const errors: unknown[] = []
    webSocket.on('error', (error) => errors.push(error))
    webSocket.terminate()
    await once(webSocket, 'close')

    write({ webSocket, socket, untakenBytes: 0 }, turnOf('late'))

    expect(errors).toEqual([])
  })
})

describe('a client that does not read', () => {
  const MANY = 200
  const large = turnOf('x'.repeat(64 * 1024))

  async function full(): Promise<Awaited<ReturnType<typeof connect>> & { target: Target }> {
    const connection = await connect()
    connection.client.pause()
    const target: Target = { ...connection, untakenBytes: 0 }
    const write = handleWriter()
    for (let i = 0; i < MANY; i += 1) write(target, large)
    return { ...connection, target }
  }

  test('has one write that waits in the handle, and gets what waits behind it in the stream in order', async () => {
    const { client, socket, target } = await full()
    expect(target.untakenBytes).toBe(large.bytes.length)
    expect(socket.writableLength).toBeGreaterThan(large.bytes.length)

    let received = 0
    const last = new Promise<string>((resolve) =>
      client.on('message', (data: Buffer) => {
        if ((received += 1) > MANY) resolve(data.toString())
      }),
    )
    const taken = new Promise<void>((resolve) => (target.onTaken = resolve))
    handleWriter()(target, turnOf('last'))
    client.resume()
    await taken
    expect(target.untakenBytes).toBe(0)
    expect(await last).toBe('last')
  })

  test('leaves nothing that waits in the handle when it is cut', async () => {
    const { webSocket, target } = await full()
    const taken = new Promise<void>((resolve) => (target.onTaken = resolve))
    webSocket.terminate()
    await taken
    expect(target.untakenBytes).toBe(0)
  })
})

test('with the installed Node and ws, frames are written to the handle', async () => {
  expect([writeToSocket, writeThroughWs]).not.toContain(await chooseFrameWriter())
})

test('a ws that delays its frames fails the check, for example because it compresses them', async () => {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } })
  expect(await keepsOrder(handleWriter(), server)).toBe(false)
})

test('a ws that accepts no connection fails the check', async () => {
  const server = new WebSocketServer({ noServer: true, verifyClient: () => false })
  expect(await keepsOrder(handleWriter(), server)).toBe(false)
})
