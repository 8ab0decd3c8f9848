import { randomBytes } from 'node:crypto'
import { on, once } from 'node:events'
import { IncomingMessage } from 'node:http'
import { createConnection, createServer, Socket, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { isPong, payloadOf, textFrame } from '../protocol/text-frame.ts'
import type { Turn } from './turn.ts'

/** Where a connection writes to: the socket is the TCP socket of the WebSocket. */
export interface Target {
  readonly webSocket: WebSocket
  readonly socket: Duplex
}

/**
 * Writes frames to one client, in order with what ws sends. What the kernel does not take at once is in the socket's
 * `writableLength`, or `onTaken` is called when it is taken.
 *
 * @returns the bytes of which `onTaken` will be called
 */
export type FrameWriter = (target: Target, turn: Turn, onTaken: (bytes: number) => void) => number

/** What Node's streams write with. A request is used again as long as the kernel takes everything at once. */
interface WriteRequest {
  oncomplete?: (status: number) => void
}

interface Handle {
  /** Returns 0, or the negative number of an error. */
  writeBuffer(request: WriteRequest, bytes: Buffer): number
}

/** What Node's own streams are written with (node:net). It is not documented, so that it is used only after a check. */
interface StreamWrap {
  readonly WriteWrap: new () => WriteRequest
  readonly streamBaseState: ArrayLike<number>
  readonly kLastWriteWasAsync: number
}

/** Lets ws build each frame again. This relies on nothing but its documented interface. */
export const writeThroughWs: FrameWriter = ({ webSocket }, { frames }) => {
  for (const frame of frames) {
    if (isPong(frame)) webSocket.pong(payloadOf(frame))
    else webSocket.send(payloadOf(frame), { binary: false }, () => undefined)
  }
  return 0
}

/**
 * Gives the bytes of a turn of the event loop to the kernel at once, without the queue of a stream. The bytes are built
 * once for all who receive the same. This relies on two properties: without compression ws writes its own frames to the
 * socket at once and unchanged, and the handle of a socket writes in the order of its calls.
 *
 * @throws Error in a release of Node that has no such handle
 */
export function handleWriter(): FrameWriter {
  const { WriteWrap, streamBaseState, kLastWriteWasAsync } = streamWrap()
  let spare = new WriteWrap()
  return ({ socket }, { bytes }, onTaken) => {
    if (!socket.writable) return 0
    const handle = handleOf(socket)
    // What waits in the stream comes first.
    if (!handle || socket.writableLength > 0) {
      socket.write(bytes)
      return 0
    }
    const request = spare
    const error = handle.writeBuffer(request, bytes)
    if (error !== 0) socket.destroy(new Error(`the socket cannot be written: error ${error}`))
    if (error !== 0 || streamBaseState[kLastWriteWasAsync] === 0) return 0
    spare = new WriteWrap()
    request.oncomplete = (status) => {
      onTaken(bytes.length)
      if (status < 0) socket.destroy()
    }
    return bytes.length
  }
}

function handleOf(socket: Duplex): Handle | undefined {
  const { _handle: handle } = socket as Duplex & { readonly _handle?: Handle | null }
  return handle ?? undefined
}

function streamWrap(): StreamWrap {
  const { binding } = process as unknown as { binding: (name: string) => StreamWrap }
  const wrap = binding.call(process, 'stream_wrap')
  if (typeof wrap.streamBaseState[wrap.kLastWriteWasAsync] !== 'number') throw new Error('stream_wrap has another form')
  return wrap
}

/** The longest time of the check. Its frames cross the loopback interface only. */
const CHECK_TIMEOUT_MS = 2000
/** More than the kernel takes at once. */
const LARGE_BYTES = 8 * 1024 * 1024

/** The writer for the handle, if the installed Node and ws have the properties that it relies on, else `writeThroughWs`. */
export async function chooseFrameWriter(): Promise<FrameWriter> {
  try {
    const write = handleWriter()
    return (await keepsOrder(write)) ? write : writeThroughWs
  } catch {
    return writeThroughWs
  }
}

/** Whether frames that `write` writes between sends of ws arrive whole and between them, also if the kernel takes them late. */
export async function keepsOrder(write: FrameWriter, server: WebSocketServer = plainServer()): Promise<boolean> {
  await using ends = new AsyncDisposableStack()
  try {
    const [socket, client] = await socketPair(ends)
    const webSocket = accept(server, socket)
    const large = 'x'.repeat(LARGE_BYTES)
    let untakenBytes = 0
    const writeText = (text: string) => {
      const frames = [textFrame(Buffer.from(text))]
      untakenBytes += write({ webSocket, socket }, { frames, bytes: Buffer.concat(frames) }, (bytes) => {
        untakenBytes -= bytes
      })
    }
    webSocket.send('before')
    writeText('between')
    webSocket.send('middle')
    writeText(large)
    writeText('behind')
    webSocket.send('after')
    return (await arrive(client, ['before', 'between', 'middle', large, 'behind', 'after'])) && untakenBytes === 0
  } catch {
    return false
  }
}

function plainServer(): WebSocketServer {
  return new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })
}

/** Both ends of a TCP connection. */
async function socketPair(ends: AsyncDisposableStack): Promise<[server: Socket, client: Socket]> {
  const listener = createServer()
  ends.defer(() => void listener.close())
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  const accepted = once(listener, 'connection') as Promise<[Socket]>
  const client = createConnection((listener.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => undefined)
  ends.defer(() => void client.destroy())
  const [socket] = await accepted
  socket.on('error', () => undefined)
  ends.defer(() => void socket.destroy())
  return [socket, client]
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
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const [chunk] of on(client, 'data', { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) })) {
    chunks.push(chunk as Buffer)
    bytes += (chunk as Buffer).length
    if (bytes < expected.length) continue
    const received = Buffer.concat(chunks)
    const frames = received.subarray(received.indexOf('\r\n\r\n') + 4)
    if (frames.length >= expected.length) return frames.equals(expected)
  }
  return false
}
