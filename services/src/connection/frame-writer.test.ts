import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { textFrame } from '../protocol/text-frame.ts'
import { chooseFrameWriter, handleWriter, keepsOrder, writeThroughWs, type FrameWriter } from './frame-writer.ts'
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

    for (const text of texts) write({ webSocket, socket }, turnOf(text), () => undefined)
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

    write({ webSocket, socket }, turnOf('late'), () => undefined)

    expect(errors).toEqual([])
  })
})

test('with the installed Node and ws, frames are written to the handle', async () => {
  expect(await chooseFrameWriter()).not.toBe(writeThroughWs)
})

test('a ws that delays its frames fails the check, for example because it compresses them', async () => {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 } })
  expect(await keepsOrder(handleWriter(), server)).toBe(false)
})

test('a ws that accepts no connection fails the check', async () => {
  const server = new WebSocketServer({ noServer: true, verifyClient: () => false })
  expect(await keepsOrder(handleWriter(), server)).toBe(false)
})
