import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, type ClientOptions } from 'ws'
import { WakeUp } from '../src/support/wake-up.ts'

/** A frame that has not arrived after this time will not arrive. */
const FRAME_TIMEOUT_MS = 120_000

export interface Frame {
  readonly type: string
  readonly [field: string]: unknown
}

export interface RawSocket {
  readonly socket: WebSocket
  /** Its TCP socket, for bytes that ws would not send. */
  readonly tcp: Duplex
  /** All frames that arrived. */
  readonly frames: Frame[]
  send(frame: unknown): void
  /** Sends a frame and returns the next frame that is not an event. */
  ask(frame: unknown): Promise<Frame>
  /** Returns the first frame of this type, which may have arrived before. */
  next(type: string): Promise<Frame>
  /** Waits until the connection is closed. */
  closed(): Promise<{ code: number; reason: string }>
}

/** An upgrade was answered with an error. */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused'
  readonly headers: IncomingMessage['headers']

  constructor({ statusCode, headers }: IncomingMessage, body: string) {
    super(`HTTP ${statusCode} ${body}`)
    this.headers = headers
  }
}

export interface RawOptions extends ClientOptions {
  readonly token?: string
  readonly protocols?: string[]
}

/**
 * Opens a WebSocket that, unlike the reference client, does nothing by itself.
 *
 * @throws UpgradeRefused with the status and body of a refusal
 */
export async function openSocket(
  url: string,
  { token, protocols = [], ...options }: RawOptions = {},
): Promise<RawSocket> {
  const headers = { ...options.headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) }
  const socket = new WebSocket(url, protocols, { ...options, headers })
  const frames: Frame[] = []
  const wakeUp = new WakeUp()
  socket.on('message', (data) => {
    frames.push(JSON.parse((data as Buffer).toString()) as Frame)
    wakeUp.wake()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString() })
      wakeUp.wake()
    })
  })
  const tcp = await opened(socket)
  socket.on('error', () => undefined)
  const find = async (from: number, matches: (frame: Frame) => boolean): Promise<Frame> => {
    const deadline = Date.now() + FRAME_TIMEOUT_MS
    for (;;) {
      const found = frames.slice(from).find(matches)
      if (found) return found
      if (socket.readyState === WebSocket.CLOSED) throw new Error(`closed: ${JSON.stringify(await closed)}`)
      if (Date.now() > deadline) throw new Error(`no such frame among ${JSON.stringify(frames).slice(0, 2000)}`)
      await wakeUp.wait(deadline - Date.now() + 1)
    }
  }
  const send = (frame: unknown) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  return {
    socket,
    tcp,
    frames,
    send,
    ask: async (frame) => {
      const from = frames.length
      send(frame)
      return find(from, ({ type }) => type !== 'event')
    },
    next: (type) => find(0, (frame) => frame.type === type),
    closed: () => closed,
  }
}

/** Waits for the answer to the upgrade and returns the TCP socket. */
async function opened(socket: WebSocket): Promise<Duplex> {
  const responses: IncomingMessage[] = []
  socket.once('upgrade', (response) => responses.push(response))
  const refused = new Promise<never>((_, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => reject(new UpgradeRefused(response, body)))
    })
  })
  await Promise.race([once(socket, 'open'), refused])
  const [response] = responses
  if (!response) throw new Error('the upgrade had no response')
  return response.socket
}
