import { createSocket, type Socket } from 'node:dgram'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the range the system takes for outgoing connections (32768 and up on Linux): a port from that range could be
 * taken by a connection while its component is restarted.
 */
const FIRST = 10_000
const LAST = 32_000
const ATTEMPTS = 200

/** UDP sockets on the numbers of the ports that this process chose: nobody else sends or receives there. */
const reservations: Socket[] = []

/**
 * Different TCP ports of 127.0.0.1 that were free a moment ago. No other call on this machine chooses them while this process runs:
 * a server may take long to listen on its port.
 *
 * @throws Error when there are not enough
 */
export async function freePorts(count: number, choose = anyPort): Promise<number[]> {
  const found: number[] = []
  for (let attempt = 0; attempt < ATTEMPTS && found.length < count; attempt++) {
    const port = choose()
    if ((await reserve(port)) && (await isFree(port))) found.push(port)
  }
  if (found.length < count) throw new Error(`no ${count} free TCP ports on 127.0.0.1 between ${FIRST} and ${LAST}`)
  return found
}

function anyPort(): number {
  return randomInt(FIRST, LAST)
}

function reserve(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    socket.once('error', () => socket.close(() => resolve(false)))
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref()
      reservations.push(socket)
      resolve(true)
    })
  })
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
