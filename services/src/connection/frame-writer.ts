import { randomBytes } from 'node:crypto'
import { on, once } from 'node:events'
import { IncomingMessage } from 'node:http'
import { createConnection, createServer, Socket, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { isPong, payloadOf, textFrameOf } from '../protocol/text-frame.ts'
import type { Turn } from './turn.ts'

/** Where a connection writes to. */
export interface Target {
  readonly webSocket: WebSocket
  /** The TCP socket of `webSocket`. */
  readonly socket: Duplex
  /** What waits in the socket's handle, and is not in the socket's `writableLength`. */
  untakenBytes: number
  /** Called when these bytes are taken, or the socket is closed. */
  onTaken?: (() => void) | undefined
}

/** Writes frames to one client, in order with what ws sends. */
export type FrameWriter = (target: Target, turn: Turn) => void

/** What Node's streams write with. A request is used again as long as the kernel takes everything at once. */
interface WriteRequest {
  oncomplete?: (status: number) => void
  /** Keeps the bytes until the kernel has taken them. */
  buffer?: Buffer
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
}

/**
 * Writes the bytes of a turn of the event loop, which are built once for all who receive the same, to the stream of the
 * socket. This relies on one property of ws: without compression it writes its own frames to the socket at once and
 * unchanged.
 */
export const writeToSocket: FrameWriter = ({ socket }, { bytes }) => {
  if (socket.writable) socket.write(bytes)
}

/**
 * Gives the bytes to the kernel without the queue of the stream, which costs a third of what JavaScript does for a
 * delivery. This relies on one more property: the handle of a socket writes in the order of its calls. A client whose
 * kernel does not take everything at once is written to through the stream until it does.
 *
 * @throws Error in a release of Node that has no such handle
 */
export function handleWriter(): FrameWriter {
  const { WriteWrap, streamBaseState, kLastWriteWasAsync } = streamWrap()
  let spare = new WriteWrap()
  return (target, turn) => {
    const { socket } = target
    const handle = handleOf(socket)
    if (!handle || target.untakenBytes > 0 || socket.writableLength > 0) return writeToSocket(target, turn)
    if (!socket.writable) return
    const { bytes } = turn
    const request = spare
    const error = handle.writeBuffer(request, bytes)
    if (error === 0 && streamBaseState[kLastWriteWasAsync] === 0) return
    spare = new WriteWrap()
    if (error !== 0) {
      socket.destroy(new Error(`the socket cannot be written: error ${error}`))
      return
    }
    target.untakenBytes = bytes.length
    request.buffer = bytes
    request.oncomplete = (status) => {
      target.untakenBytes = 0
      if (status < 0) socket.destroy()
      target.onTaken?.()
    }
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
const CHECK_TIMEOUT_MS = 5000
/** Together more than the kernel takes at once. */
const LARGE_BYTES = 64 * 1024
const LARGE_FRAMES = 100

/** The fastest writer that works with the installed Node and ws. */
export async function chooseFrameWriter(): Promise<FrameWriter> {
  for (const choose of [handleWriter, () => writeToSocket]) {
    try {
      const write = choose()
      if (await keepsOrder(write)) return write
    } catch {
      // This release of Node has another form.
    }
  }
  return writeThroughWs
}

/** Whether frames that `write` writes between sends of ws arrive whole and in order, also if the kernel takes them late. */
export async function keepsOrder(write: FrameWriter, server: WebSocketServer = plainServer()): Promise<boolean> {
  await using ends = new AsyncDisposableStack()
  try {
    const [socket, client] = await socketPair(ends)
    const target: Target = { webSocket: accept(server, socket), socket, untakenBytes: 0 }
    // The answer to the upgrade.
    await once(client, 'data', { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) })
    const sent: Buffer[] = []
    const byWs = (text: string) => {
      target.webSocket.send(text)
      sent.push(textFrameOf(text))
    }
    const byUs = (...frames: Buffer[]) => {
      write(target, { frames, bytes: Buffer.concat(frames) })
      sent.push(...frames)
    }
    const large = textFrameOf('x'.repeat(LARGE_BYTES))
    byWs('before')
    byUs(textFrameOf('between'), textFrameOf('them'))
    byWs('middle')
    for (let i = 0; i < LARGE_FRAMES; i += 1) byUs(large)
    byWs('behind')
    byUs(textFrameOf('after'))
    return (await arrive(client, sent)) && target.untakenBytes === 0
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

/** Whether these frames and nothing else arrive. */
async function arrive(client: Duplex, frames: readonly Buffer[]): Promise<boolean> {
  let [index, at] = [0, 0]
  for await (const [chunk] of on(client, 'data', { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) })) {
    const received = chunk as Buffer
    for (let from = 0; from < received.length;) {
      const frame = frames[index]
      if (!frame) return false
      const length = Math.min(frame.length - at, received.length - from)
      if (frame.compare(received, from, from + length, at, at + length) !== 0) return false
      from += length
      at += length
      if (at === frame.length) [index, at] = [index + 1, 0]
    }
    if (index === frames.length) return true
  }
  return false
}
