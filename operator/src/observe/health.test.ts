import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { Agent } from 'undici'
import { askByProxy, askDirectly, askHealth, unreadyPods } from './health.ts'
import { faultyServer } from '../testing/faulty-server.ts'
import type { KubeObject } from '../runtime/types.ts'
import { pod } from '../testing/observed.ts'

const ERROR = 'database chat-db:3306: connect ECONNREFUSED'
const report = JSON.stringify({
  status: 'DOWN',
  components: { ping: { status: 'UP' }, db: { status: 'DOWN', details: { error: ERROR } } },
})

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

describe('the pods that are asked', () => {
  test('run and are not ready', () => {
    const pods = [
      pod('api'),
      pod('api', { name: 'unready', isReady: false }),
      pod('api', { name: 'pending', isReady: false, phase: 'Pending' }),
      pod('api', { name: 'leaving', isReady: false, leaving: true }),
      pod('migrate', { name: 'done', isReady: false, phase: 'Succeeded' }),
    ]
    expect(unreadyPods(pods).map(({ metadata }) => metadata.name)).toEqual(['unready'])
  })

  test('are the six newest', () => {
    const pods = Array.from({ length: 9 }, (_, i) =>
      pod('api', { name: `p${i}`, isReady: false, created: `2026-01-01T00:00:0${i}Z` }),
    )
    expect(unreadyPods(pods).map(({ metadata }) => metadata.name)).toEqual(['p8', 'p7', 'p6', 'p5', 'p4', 'p3'])
  })
})

describe('the health of a pod', () => {
  test('names the components that are down, with their errors', async () => {
    expect(await askHealth([pod('api')], () => Promise.resolve(report))).toEqual([
      { pod: 'chat-api-1', down: { db: ERROR } },
    ])
  })

  test.each([
    ['nothing', ''],
    ['something else', '<html>'],
    ['a number', '1'],
    ['a list of components', '{"components":[1]}'],
    ['a component without details', '{"components":{"db":{"status":"DOWN"}}}'],
    [
      'an endless error',
      JSON.stringify({ components: { db: { status: 'DOWN', details: { error: 'x'.repeat(9999) } } } }),
    ],
  ])('is at most a short text when the answer is %s', async (_name, body) => {
    const health = await askHealth([pod('api')], () => Promise.resolve(body))
    expect(JSON.stringify(health).length).toBeLessThan(400)
  })

  test('is left out when the pod cannot be asked', async () => {
    const ask = (asked: KubeObject) =>
      asked.metadata.name === 'deaf' ? Promise.reject(new Error('ECONNREFUSED')) : Promise.resolve(report)
    const health = await askHealth([pod('api', { name: 'deaf' }), pod('api', { name: 'heard' })], ask)
    expect(health.map((each) => each.pod)).toEqual(['heard'])
  })

  test('is asked for at the address of the pod, and given up when the answer is too large', async () => {
    const server = createServer((request, response) => {
      response.writeHead(503).end(request.url === '/actuator/health' ? report : 'x'.repeat(20_000))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const agent = new Agent()
    cleanUps.push(
      () => agent.destroy(),
      () => new Promise((resolve) => server.close(resolve)),
    )
    const { port } = server.address() as AddressInfo
    const spec = {
      containers: [
        {
          ports: [
            { name: 'metrics', containerPort: 1 },
            { name: 'http', containerPort: port },
          ],
        },
      ],
    }
    const asked = { ...pod('api'), spec, status: { podIP: '127.0.0.1' } }
    const ask = askDirectly(agent)
    expect(await ask(asked, '/actuator/health')).toBe(report)
    await expect(ask(asked, '/huge')).rejects.toThrow('too large')
    await expect(ask(pod('api'), '/actuator/health')).rejects.toThrow('pod chat-api-1 has no address')
  })

  test('is asked for through the API server, whatever status the pod answers with', async () => {
    const server = await faultyServer((_seen, response) => response.writeHead(503).end(report))
    cleanUps.push(() => server.close())
    expect(await askByProxy(server.client)(pod('api'), '/actuator/health')).toBe(report)
    expect(server.requests[0]?.path).toBe('/api/v1/namespaces/ns/pods/chat-api-1:8080/proxy/actuator/health')
  })
})
