import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '@chat-app/testing'
import type { ExportedPart } from '../store/account-export.ts'
import { MAX_EXPORTS } from '../support/limits.ts'
import { SecurityLog } from '../support/security-log.ts'
import { createApp } from './app.ts'
import { handleErrors } from './errors.ts'
import { ownAccountRoutes, type OwnAccountServices } from './own-account.ts'

let app: FastifyInstance
afterEach(() => app.close())

/** An API whose exports have no end, and how many of them are read. */
async function listen(exportTimeoutMs: number) {
  app = await createApp({ trustedProxies: [], allowedOrigins: [] })
  const log = pino({ level: 'silent' })
  handleErrors(app, log, new SecurityLog(log))
  const counts = { running: 0, taken: 0 }
  const take = () => Promise.resolve(void (counts.taken += 1))
  const of = async function* (): AsyncGenerator<ExportedPart> {
    counts.running += 1
    try {
      for (;;) {
        yield { part: 'message', body: 'x'.repeat(16_384) }
        await new Promise(setImmediate)
      }
    } finally {
      counts.running -= 1
    }
  }
  const services = {
    sessions: { verify: () => Promise.resolve({ user: 'ann', userId: 1 }) },
    limits: { requests: { take: () => Promise.resolve() }, exports: { take } },
    accountExport: { of },
    security: { record: () => undefined },
    exportTimeoutMs,
  } as unknown as OwnAccountServices
  ownAccountRoutes(app, services)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const ask = async () => {
    const headers = { authorization: 'Bearer x' }
    const asked = request({ port, host: '127.0.0.1', path: '/api/users/me/export', headers, agent: false }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    return response.on('error', () => undefined)
  }
  return { ask, counts }
}

test('a process sends a few exports at a time, and one more when a client has gone', async () => {
  const { ask, counts } = await listen(60_000)
  const responses = await Promise.all(Array.from({ length: MAX_EXPORTS }, ask))
  const refused = await ask()
  expect([refused.statusCode, counts.taken]).toEqual([503, MAX_EXPORTS])
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  responses[0]?.destroy()
  await eventually(() => expect(counts.running).toBe(MAX_EXPORTS - 1))
  const next = await ask()
  expect(next.statusCode).toBe(200)
  for (const response of [...responses, next]) response.destroy()
  await eventually(() => expect(counts.running).toBe(0))
})

test('an export that takes too long is broken off, so that the client sees that it is not whole', async () => {
  const { ask, counts } = await listen(100)
  const response = await ask()
  response.resume()
  await eventually(() => expect(response.closed).toBe(true))
  expect([response.statusCode, response.complete]).toEqual([200, false])
  await eventually(() => expect(counts.running).toBe(0))
  expect((await ask()).statusCode).toBe(200)
})
