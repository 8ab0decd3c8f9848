import { randomBytes } from 'node:crypto'
import { on } from 'node:events'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { payloadOf, textFrame } from '../protocol/text-frame.ts'

/** Writes a frame that `textFrame` built to one client, in order with what ws sends. `socket` is the connection's TCP socket. */
export type FrameWriter = (webSocket: WebSocket, socket: Duplex, frame: Buffer) => void

/**
 * Writes the frame to the socket, so that it is built once for all receivers and not once for each. This relies on one
 * property of ws: without compression it writes its own frames to the socket at once and unchanged.
 */
export const writeToSocket: FrameWriter = (_webSocket, socket, frame) => {
  if (socket.writable) socket.write(frame)
}

/** Lets ws build the frame again. This relies on nothing but its documented interface. */
export const writeThroughWs: FrameWriter = (webSocket, _socket, frame) => {
  webSocket.send(payloadOf(frame), { binary: false }, () => undefined)
}

/** The longest time of the check. Its frames cross memory only. */
const CHECK_TIMEOUT_MS = 1000

/** Returns `writeToSocket` if the installed ws has the property that it relies on, else `writeThroughWs`. */
export async function chooseFrameWriter(): Promise<FrameWriter> {
  return (await keepsOrder(writeToSocket)) ? writeToSocket : writeThroughWs
}

/** Whether a frame that `write` writes between two sends of ws arrives whole and between them. */
export async function keepsOrder(write: FrameWriter, server: WebSocketServer = plainServer()): Promise<boolean> {
  const [socket, client] = duplexPair()
  try {
    const webSocket = accept(server, socket)
    webSocket.send('before')
    write(webSocket, socket, textFrame(Buffer.from('between')))
    webSocket.send('after')
    return await arrive(client, ['before', 'between', 'after'])
  } catch {
    return false
  } finally {
    socket.destroy()
    client.destroy()
  }
}

function plainServer(): WebSocketServer {
  return new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })
}

/** Upgrades the server's end of a socket. */
function accept(server: WebSocketServer, socket: Duplex): WebSocket {
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  request.headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    'sec-websocket-version': '13',
    'sec-websocket-extensions': 'permessage-deflate',
  }
  const accepted: WebSocket[] = []
  server.handleUpgrade(request, socket, Buffer.alloc(0), (webSocket) => accepted.push(webSocket))
  const [webSocket] = accepted
  if (!webSocket) throw new Error('ws did not accept the connection')
  webSocket.on('error', () => undefined)
  return webSocket
}

/** Waits for the answer to the upgrade and what follows it, and tells whether that is one plain frame for each text. */
async function arrive(client: Duplex, texts: readonly string[]): Promise<boolean> {
  const expected = Buffer.concat(texts.map((text) => textFrame(Buffer.from(text))))
  let received = Buffer.alloc(0)
  for await (const [chunk] of on(client, 'data', { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) })) {
    received = Buffer.concat([received, chunk as Buffer])
    const headEnd = received.indexOf('\r\n\r\n')
    const frames = headEnd < 0 ? Buffer.alloc(0) : received.subarray(headEnd + 4)
    if (frames.length >= expected.length) return frames.equals(expected)
  }
  return false
}
