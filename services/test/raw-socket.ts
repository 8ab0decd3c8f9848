import { once } from 'node:events'
import { WebSocket, type ClientOptions } from 'ws'

export interface Frame {
  readonly type: string
  readonly [field: string]: unknown
}

export interface RawSocket {
  readonly socket: WebSocket
  readonly frames: Frame[]
  send(frame: unknown): void
  /** Sends and resolves with the next frame that answers. */
  ask(frame: unknown): Promise<Frame>
  next(type: string): Promise<Frame>
  closed(): Promise<{ code: number; reason: string }>
}

export interface RawOptions extends ClientOptions {
  readonly token?: string
  readonly protocols?: string[]
}

/** A WebSocket without any of the reference client's manners. @throws the HTTP status and body of a refusal */
export async function openSocket(
  url: string,
  { token, protocols = [], ...options }: RawOptions = {},
): Promise<RawSocket> {
  const headers = { ...options.headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) }
  const socket = new WebSocket(url, protocols, { ...options, headers })
  const frames: Frame[] = []
  socket.on('message', (data) => frames.push(JSON.parse((data as Buffer).toString()) as Frame))
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  await opened(socket)
  socket.on('error', () => undefined)
  const nextAny = async (from: number, matches: (frame: Frame) => boolean): Promise<Frame> => {
    const deadline = Date.now() + 10_000
    for (;;) {
      const found = frames.slice(from).find(matches)
      if (found) return found
      if (socket.readyState === WebSocket.CLOSED) throw new Error(`closed: ${JSON.stringify(await closed)}`)
      if (Date.now() > deadline) throw new Error(`no such frame among ${JSON.stringify(frames).slice(0, 2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const send = (frame: unknown) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  return {
    socket,
    frames,
    send,
    ask: async (frame) => {
      const from = frames.length
      send(frame)
      return nextAny(from, ({ type }) => type !== 'event')
    },
    next: (type) => nextAny(0, (frame) => frame.type === type),
    closed: () => closed,
  }
}

async function opened(socket: WebSocket): Promise<void> {
  const refused = new Promise<never>((_, reject) => {
    socket.on('unexpected-response', (_request, response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => reject(new Error(`HTTP ${response.statusCode} ${body}`)))
    })
  })
  await Promise.race([once(socket, 'open'), refused])
}
