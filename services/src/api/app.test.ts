import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '@chat-app/testing'
import { callerWaits } from '../support/caller.ts'
import { SecurityLog } from '../support/security-log.ts'
import { Semaphore } from '../support/semaphore.ts'
import { createApp, dropAbandoned } from './app.ts'
import { handleErrors } from './errors.ts'

const apps: FastifyInstance[] = []
afterEach(async () => void (await Promise.all(apps.splice(0).map((app) => app.close()))))

/** An API with one route, which answers when `gate` is open. */
async function listen() {
  const app = await createApp({ trustedProxies: [], allowedOrigins: [] })
  apps.push(app)
  const log = pino({ level: 'silent' })
  handleErrors(app, log, new SecurityLog(log))
  dropAbandoned(app)
  const turns = new Semaphore(1, 2000)
  const gate = Promise.withResolvers<void>()
  let runs = 0
  const work = async () => {
    runs += 1
    await gate.promise
    return 'done'
  }
  app.get('/wait', () => turns.run(work, { isWanted: callerWaits() }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, turns, gate, port: (app.server.address() as AddressInfo).port, runs: () => runs }
}

test('requests whose clients have gone while they waited do nothing, and others do not wait for them', async () => {
  const { turns, gate, port, runs } = await listen()
  const begin = () => request({ port, host: '127.0.0.1', path: '/wait', agent: false }).on('error', () => undefined)
  const first = begin().end()
  await eventually(() => expect(turns.busy).toBe(1))
  const gone = Array.from({ length: 100 }, () => begin().end())
  await eventually(() => expect(turns.waiting).toBe(100))
  const closed = gone.map((one) => new Promise((resolve) => one.once('close', resolve)))
  for (const one of gone) one.destroy()
  await Promise.all(closed)
  const honest = begin().end()
  await eventually(() => expect(turns.waiting).toBe(101))

  gate.resolve()

  const [response] = (await once(honest, 'response')) as [IncomingMessage]
  expect(response.statusCode).toBe(200)
  expect(runs()).toBe(2)
  for (const one of [first, honest]) one.destroy()
})

test('a request on a kept connection during the shutdown is refused with 503 and the time to try again', async () => {
  const { app, turns, gate, port } = await listen()
  const socket = connect(port, '127.0.0.1')
  let answers = ''
  socket.on('data', (chunk: Buffer) => (answers += chunk.toString()))
  const ended = once(socket, 'close')
  socket.write('GET /wait HTTP/1.1\r\nHost: x\r\n\r\n')
  await eventually(() => expect(turns.busy).toBe(1))

  const closing = app.close()
  await eventually(() => expect(app.server.listening).toBe(false))
  socket.write('GET /wait HTTP/1.1\r\nHost: x\r\n\r\n')
  await eventually(() => expect(socket.bytesWritten).toBeGreaterThan(60))
  gate.resolve()
  await ended
  await closing

  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503'])
  expect(answers).toMatch(/retry-after: \d/i)
  expect(answers).toContain('{"error":{"code":"unavailable"')
})
