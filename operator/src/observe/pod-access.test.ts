import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import { faultyServer } from '../testing/faulty-server.ts'
import { pod } from '../testing/observed.ts'
import { askByProxy, askDirectly } from './pod-access.ts'

const ANSWER = JSON.stringify({ status: 'DOWN', components: {} })

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

describe('a pod', () => {
  test('is asked at its own address; an answer that is too large is refused', async () => {
    const server = createServer((request, response) => {
      response.writeHead(503).end(request.url === '/actuator/health' ? ANSWER : 'x'.repeat(20_000))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const agent = new Agent()
    cleanUps.push(
      () => agent.destroy(),
      () => new Promise((resolve) => server.close(resolve)),
    )
    const { port } = server.address() as AddressInfo
    const asked = { ...pod('api'), status: { podIP: '127.0.0.1' } }
    const ask = askDirectly(agent)
    expect(await ask(asked, port, '/actuator/health')).toBe(ANSWER)
    await expect(ask(asked, port, '/huge')).rejects.toThrow('too large')
    await expect(ask(pod('api'), port, '/actuator/health')).rejects.toThrow('pod chat-api-1 has no address')
  })

  test('is asked through the API server, with any status of its answer', async () => {
    const server = await faultyServer((_seen, response) => response.writeHead(503).end(ANSWER))
    cleanUps.push(() => server.close())
    expect(await askByProxy(server.client)(pod('api'), 8080, '/actuator/health')).toBe(ANSWER)
    expect(server.requests[0]?.path).toBe('/api/v1/namespaces/ns/pods/chat-api-1:8080/proxy/actuator/health')
  })
})
