import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { eventually } from '@chat-app/testing'
import { ChatClient, connect } from './client.ts'
import { signToken } from './token.ts'

const token = signToken('a secret of more than 32 characters', 'alice')
const retryMs = { first: 10, most: 20 }
let server: Server | undefined

afterEach(() => {
  server?.close()
  server?.closeAllConnections()
})

/** Refuses the first upgrades with the given statuses and accepts those after them. */
async function listen(
  ...refusals: number[]
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
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`)
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
