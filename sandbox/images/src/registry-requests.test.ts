import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { parseRegistry } from './registry.ts'
import { requestsTo } from './registry-requests.ts'

const login = { user: 'ci', password: 'secret' }
const BASIC = `Basic ${Buffer.from('ci:secret').toString('base64')}`
const { signal } = new AbortController()

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown

/** Starts a server and returns its address, HOST:PORT. */
async function serverThat(answer: Answer): Promise<string> {
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a registry that requires a login', () => {
  test('with Basic gets the password with each request after the first refusal, and the body again', async () => {
    const seen: string[] = []
    const address = await serverThat(async (request, response) => {
      seen.push(`${request.method} ${request.headers.authorization} ${await text(request)}`)
      if (request.headers.authorization === BASIC) response.writeHead(201).end()
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end('no')
    })
    const send = requestsTo(parseRegistry(`${address}/chat`), login)
    const put = { method: 'PUT', body: () => 'text', signal } as const
    expect((await send(`http://${address}/v2/chat/a`, put)).status).toBe(201)
    expect((await send(`http://${address}/v2/chat/b`, put)).status).toBe(201)
    expect(seen).toEqual(['PUT undefined text', `PUT ${BASIC} text`, `PUT ${BASIC} text`])
  })

  test('with Bearer gets a token of the token server for each challenge', async () => {
    const asked: string[] = []
    const tokens = await serverThat((request, response) => {
      asked.push(`${request.headers.authorization} ${request.url}`)
      response.end(JSON.stringify({ token: `token-${asked.length}` }))
    })
    const address = await serverThat((request, response) => {
      const [expected, actions] =
        request.method === 'HEAD' ? ['Bearer token-1', 'pull'] : ['Bearer token-2', 'pull,push']
      if (request.headers.authorization === expected) return response.writeHead(202).end()
      const scope = `repository:chat/a:${actions} repository:chat/b:pull`
      const challenge = `Bearer realm="http://${tokens}/token",service="registry",scope="${scope}"`
      return response.writeHead(401, { 'www-authenticate': challenge }).end()
    })
    const send = requestsTo(parseRegistry(`${address}/chat`), login)
    expect((await send(`http://${address}/v2/chat/a/blobs/x`, { method: 'HEAD', signal })).status).toBe(202)
    expect((await send(`http://${address}/v2/chat/a/blobs/uploads/`, { method: 'POST', signal })).status).toBe(202)
    const query = (actions: string): string =>
      `service=registry&scope=repository%3Achat%2Fa%3A${actions}&scope=repository%3Achat%2Fb%3Apull`
    expect(asked).toEqual([`${BASIC} /token?${query('pull')}`, `${BASIC} /token?${query('pull%2Cpush')}`])
  })

  test('gets the login once: its second refusal is returned', async () => {
    let requests = 0
    const address = await serverThat((_, response) => {
      requests++
      response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end('wrong password')
    })
    const url = `http://${address}/v2/chat/a`
    const registry = parseRegistry(`${address}/chat`)
    expect(await (await requestsTo(registry, login)(url, { method: 'POST', signal })).text()).toBe('wrong password')
    expect((await requestsTo(registry)(url, { method: 'POST', signal })).status).toBe(401)
    expect(requests).toBe(3)
  })

  test("whose token server refuses it gives an error with the token server's response", async () => {
    const tokens = await serverThat((_, response) => response.writeHead(403).end('account is locked'))
    const address = await serverThat((_, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${tokens}/token"` }).end(),
    )
    const send = requestsTo(parseRegistry(`${address}/chat`), login)
    await expect(send(`http://${address}/v2/chat/a`, { method: 'POST', signal })).rejects.toThrow(
      `${tokens}: login refused: 403 account is locked`,
    )
  })
})

test('the login is not sent to another server to which a registry redirects uploads', async () => {
  const seen: unknown[] = []
  const storage = await serverThat((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(401, { 'www-authenticate': 'Basic realm="storage"' }).end()
  })
  const send = requestsTo(parseRegistry('localhost:1/chat'), login)
  expect((await send(`http://${storage}/upload`, { method: 'PUT', body: () => 'x', signal })).status).toBe(401)
  expect(seen).toEqual([undefined])
})

test('the login for a registry with TLS is not sent to a token server without TLS', async () => {
  const headers = { 'www-authenticate': 'Bearer realm="http://tokens.example.com/token"' }
  const fetched = vi
    .spyOn(globalThis, 'fetch')
    .mockImplementation(async () => new Response(null, { status: 401, headers }))
  onTestFinished(() => fetched.mockRestore())
  const send = requestsTo(parseRegistry('registry.example.com/chat'), login)
  await expect(send('https://registry.example.com/v2/chat/a', { method: 'POST', signal })).rejects.toThrow(
    'the registry requires a login at http://tokens.example.com/token, which is not https; the login was not sent',
  )
  expect(fetched).toHaveBeenCalledTimes(1)
})
