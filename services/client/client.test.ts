import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { eventually } from '../test/eventually.ts'
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
async function listen(...refusals: number[]): Promise<{ url: string; sockets: WebSocketServer }> {
  const sockets = new WebSocketServer({ noServer: true })
  server = createServer()
  server.on('upgrade', (request, socket, head) => {
    // A client that is done cuts the connection.
    socket.on('error', () => undefined)
    const status = refusals.shift()
    if (status !== undefined) socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`)
    else sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit('connection', accepted))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}

test('a server that answers 503 twice and then accepts is connected to', async () => {
  const { url } = await listen(503, 503)
  const client = await connect(url, { token, retryMs, timeoutMs: 5000 })
  expect(client.isConnected).toBe(true)
  await client.close()
})

test('a refusal is what the failure names', async () => {
  const { url } = await listen(...Array.from({ length: 1000 }, () => 503))
  await expect(connect(url, { token, retryMs, timeoutMs: 200 })).rejects.toThrow('HTTP 503')
})

test('a client that is closed while it waits for its token connects no more', async () => {
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
