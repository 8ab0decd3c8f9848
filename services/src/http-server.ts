import { createServer, type Server } from 'node:http'
import type { Health } from './health.ts'

/** A plain HTTP server with nothing but the health endpoints; WebSockets are upgraded on it. */
export async function healthServer(health: Health, host: string, port: number): Promise<Server> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
    }
    health.answer(path).then(
      (answer) => {
        if (answer) send(answer.status, answer.body)
        else send(404, { error: { code: 'not_found', field: 'path', message: 'WebSockets are served at /' } })
      },
      (error: Error) => send(500, { error: { code: 'internal', message: error.message } }),
    )
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return server
}
