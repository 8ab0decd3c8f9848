import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer } from 'mysql2'
import { afterEach, expect, test } from 'vitest'
import { STATEMENT_TIMEOUT_MS } from '../support/limits.ts'
import { Database } from './database.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

/** A database whose server accepts connections and answers no statement. */
async function freezeAfterHandshake(): Promise<Database> {
  const server = createServer((connection) => {
    connection.on('error', () => undefined)
    connection.on('query', () => undefined)
    connection.serverHandshake({
      protocolVersion: 4,
      serverVersion: '10.11.0',
      connectionId: 1,
      statusFlags: 2,
      characterSet: 45,
      capabilityFlags: 0xffffff,
      authCallback: (_parameters: unknown, accept: (error: null) => void) => accept(null),
    })
  })
  server.listen(0)
  const { _server: listener } = server as unknown as { _server: Server }
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  cleanUps.push(() => listener.close())
  const database = new Database({ url: `mysql://u:p@127.0.0.1:${port}/chat`, maxConnections: 5 })
  // Not awaited: the server does not answer the end of a connection either.
  cleanUps.push(() => void database.close().catch(() => undefined))
  return database
}

test('a statement to a server that hangs after the handshake is rejected within twice its timeout', async () => {
  const database = await freezeAfterHandshake()
  // A timer of this process too, so that a slow machine delays both.
  const late = sleep(2 * STATEMENT_TIMEOUT_MS, 'not rejected', { ref: false })
  await expect(Promise.race([database.query('SELECT 1'), late])).rejects.toThrow(/inactivity|closed|lost/i)
})
