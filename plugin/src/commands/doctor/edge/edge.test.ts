import { createServer, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ask, type Edge } from './edge.ts'
import { hold } from './hold.ts'
import { tokenFor } from './token.ts'

const TIMEOUT_MS = 400
const WRITE_MS = 50

/** An edge that answers with the status 200, and these texts without an end. */
async function endless(text: string): Promise<Edge> {
  const answer = (response: ServerResponse): void => {
    response.write(text)
    const timer = setInterval(() => response.write(text), WRITE_MS)
    response.on('close', () => clearInterval(timer))
  }
  return listening(createServer((_request, response) => answer(response)))
}

async function listening(server: Server): Promise<Edge> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`) }
}

test('an answer that does not end is cut in time', async () => {
  const edge = await endless('data: 1\n\n')
  const answer = await ask(edge, { path: '/', timeoutMs: TIMEOUT_MS })
  expect(answer).toMatchObject({ status: 200, remote: '127.0.0.1' })
  expect(answer.body).toMatch(/^data: 1/)
  const socket = await hold(edge, { behaviour: 'silent', token: 'none', timeoutMs: TIMEOUT_MS, paceMs: 1000 })
  expect(socket).toMatchObject({ status: 200, failure: 'HTTP 200' })
})

test('headers that come byte by byte are no answer', async () => {
  const server = createTcpServer((socket) => {
    const timer = setInterval(() => socket.write('H'), WRITE_MS)
    socket.on('error', () => undefined).on('close', () => clearInterval(timer))
    socket.write('HTTP/1.1 200 OK\r\nX-Slow: ')
  })
  const edge = await listening(server)
  await expect(ask(edge, { path: '/', timeoutMs: TIMEOUT_MS })).rejects.toThrow('no answer within 0.4 s')
  const socket = await hold(edge, { behaviour: 'silent', token: 'none', timeoutMs: TIMEOUT_MS, paceMs: 1000 })
  expect(socket).toEqual({ body: '', failure: 'no answer within 0.4 s' })
})

test('an answer that is too long is cut at once', async () => {
  const edge = await endless('.'.repeat(100_000))
  const timeoutMs = 3_600_000
  expect((await ask(edge, { path: '/', timeoutMs })).body).toHaveLength(64 * 1024)
  const socket = await hold(edge, { behaviour: 'silent', token: 'none', timeoutMs, paceMs: 1000 })
  expect(socket).toMatchObject({ status: 200, body: '.'.repeat(16 * 1024) })
})

test('a token with a character that no subprotocol has is named, and not sent', async () => {
  const edge = { url: new URL('http://127.0.0.1:1') }
  for (const token of ['two words', 'line\n', 'ä', 'a,b'])
    expect(await tokenFor(edge, { CHATAPP_TOKEN: token }, TIMEOUT_MS)).toContain('CHATAPP_TOKEN has a character')
  expect(await tokenFor(edge, { CHATAPP_TOKEN: 'a.B-c_1' }, TIMEOUT_MS)).toMatchObject({ token: 'a.B-c_1' })
})
