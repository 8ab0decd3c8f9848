import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { parseRegistry, whyNoRegistry } from './registry.ts'

describe('the address of a registry', () => {
  test.each([
    ['registry.example.com/team/chat', 'https://registry.example.com', 'team/chat', 'registry.example.com/team/chat'],
    ['registry.example.com:8443/chat', 'https://registry.example.com:8443', 'chat', 'registry.example.com:8443/chat'],
    ['localhost:5000/chat', 'http://localhost:5000', 'chat', 'localhost:5000/chat'],
    ['127.0.0.1/chat', 'http://127.0.0.1', 'chat', '127.0.0.1/chat'],
    ['http://10.0.0.1:5000/chat', 'http://10.0.0.1:5000', 'chat', '10.0.0.1:5000/chat'],
    ['https://localhost:5000/chat', 'https://localhost:5000', 'chat', 'localhost:5000/chat'],
    ['localhost.example.com/chat', 'https://localhost.example.com', 'chat', 'localhost.example.com/chat'],
  ])('%s', (text, origin, path, prefix) => {
    expect(parseRegistry(text)).toEqual({ origin, path, prefix })
  })

  test.each([
    '',
    'registry.example.com',
    'registry.example.com/',
    'Registry.example.com/Chat',
    'ftp://a/b',
    'a/b?c',
    'a/b/',
    'a:b/c',
    'user:pw@host/chat',
  ])('%j is refused, and the error names the expected format', (text) => {
    expect(() => parseRegistry(text)).toThrow(
      `--registry ${JSON.stringify(text)}: expected HOST[:PORT]/PATH in lower case, such as registry.example.com/chat-app`,
    )
  })
})

describe('a server that responds with status', () => {
  test.each([
    [200, undefined],
    [401, 'it requires a login'],
    [404, expect.stringMatching(/^http:.*\/v2\/ responds with status 404, so it is not a registry$/)],
  ])('%d', async (status, why) => {
    const server = createServer((_, response) => response.writeHead(status).end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    expect(await whyNoRegistry(parseRegistry(`${address}/chat`))).toEqual(why)
    server.close()
    await once(server, 'close')
    expect(await whyNoRegistry(parseRegistry(`${address}/chat`))).toContain('ECONNREFUSED')
  })
})
