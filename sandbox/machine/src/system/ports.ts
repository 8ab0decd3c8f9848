import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the range the system takes for outgoing connections (32768 and up on Linux): a port from that range could be
 * taken by a connection while its component is restarted.
 */
const FIRST = 20_000
const LAST = 32_000
const ATTEMPTS = 200

/** Different TCP ports of 127.0.0.1 that were free a moment ago; a collision is still possible and the caller's to retry. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>()
  for (let attempt = 0; attempt < ATTEMPTS && found.size < count; attempt++) {
    const port = randomInt(FIRST, LAST)
    if (!found.has(port) && (await isFree(port))) found.add(port)
  }
  if (found.size < count) throw new Error(`no ${count} free TCP ports on 127.0.0.1 between ${FIRST} and ${LAST}`)
  return [...found]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
