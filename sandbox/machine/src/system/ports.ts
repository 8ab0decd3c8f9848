import { createSocket, type Socket } from 'node:dgram'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * The ports are below the range for outgoing connections (32768 and up on Linux): a connection could take a port of
 * that range while a component restarts.
 */
const FIRST_PORT = 10_000
const LAST_PORT = 32_000
const ATTEMPTS = 200

/** A UDP socket for each port that this process chose. It reserves the port number; no data is sent or received. */
const reservations: Socket[] = []

/**
 * Returns distinct TCP ports of 127.0.0.1 on which nothing listens. While this process runs, no other call on this
 * machine returns them, because a server can take long until it listens.
 *
 * @throws Error if there are not enough
 */
export async function freePorts(count: number, choose = anyPort): Promise<number[]> {
  const found: number[] = []
  for (let attempt = 0; attempt < ATTEMPTS && found.length < count; attempt++) {
    const port = choose()
    if ((await reserve(port)) && (await isFree(port))) found.push(port)
  }
  if (found.length < count)
    throw new Error(`fewer than ${count} free TCP ports found on 127.0.0.1 between ${FIRST_PORT} and ${LAST_PORT}`)
  return found
}

function anyPort(): number {
  return randomInt(FIRST_PORT, LAST_PORT)
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
