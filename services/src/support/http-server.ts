import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Health } from './health.ts'

/** A plain HTTP server with nothing but the health endpoints; WebSockets are upgraded on it. */
export async function healthServer(health: Health, host: string, port: number): Promise<Server> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    void answer(health, path, response)
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return server
}

async function answer(health: Health, path: string, response: ServerResponse): Promise<void> {
  const found = await health.answer(path)
  const body = found?.body ?? { error: { code: 'not_found', field: 'path', message: 'WebSockets are served at /' } }
  response
    .writeHead(found?.status ?? 404, { 'Content-Type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(body))
}
