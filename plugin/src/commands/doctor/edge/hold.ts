import { connect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { WebSocket, type RawData } from 'ws'
import { connectOptions, isSecure, type Edge } from './edge.ts'

/** How a socket behaves: it sends nothing at all, answers the pings of the server, or sends frames all the time. */
export type Behaviour = 'silent' | 'heartbeat' | 'traffic'

/** A socket that is held. Times are of `performance.now()`. */
export interface Held {
  readonly behaviour: Behaviour
  readonly openedAtMs: number
  /** When the last frame went either way. */
  lastFrameAtMs: number
  /** How long the answer to each frame took. */
  readonly answersMs: number[]
  /** When the frames were sent that have no answer yet, the oldest first. */
  readonly unanswered: Map<string, number>
  /** Whether it looks open at the end, and no frame comes back any more. */
  isDead?: true
  /** Absent while it is open. */
  closed?: { readonly atMs: number; readonly code: number; readonly reason: string }
}

export interface HeldSocket {
  readonly held: Held
  /** Sends a frame of about so many bytes, which the server answers. */
  readonly send: (bytes?: number) => string
  readonly close: () => void
}

/** Why there is no socket. */
export interface NotOpened {
  /** The HTTP status in place of 101; undefined where there was no answer of HTTP. */
  readonly status?: number
  readonly body: string
  readonly failure: string
}

const MAX_BODY_CHARACTERS = 16 * 1024

export interface HoldOptions {
  readonly behaviour: Behaviour
  readonly token: string
  readonly timeoutMs: number
  /** Time between two frames of `traffic`. */
  readonly paceMs: number
  /** Where the token is: browsers cannot set the header. @default subprotocol */
  readonly tokenIn?: 'subprotocol' | 'header'
}

/** Opens a socket as the chat page does, and holds it. */
export function hold(edge: Edge, options: HoldOptions): Promise<HeldSocket | NotOpened> {
  const { behaviour, token, timeoutMs, paceMs, tokenIn } = options
  const isHeader = tokenIn === 'header'
  const socket = new WebSocket(edge.url, isHeader ? [] : ['chat.v1', `bearer.${token}`], {
    ...(isHeader && { headers: { authorization: `Bearer ${token}` } }),
    // ws connects to the host of the URL, whatever its options say.
    createConnection: () => (isSecure(edge) ? tlsConnect(connectOptions(edge)) : connect(connectOptions(edge))),
    autoPong: behaviour !== 'silent',
    perMessageDeflate: false,
  })
  return new Promise((resolve) => {
    let refusal: NotOpened = { body: '', failure: `no answer within ${timeoutMs / 1000} s` }
    const refuse = (): void => {
      clearTimeout(timer)
      resolve(refusal)
      socket.terminate()
    }
    // That of the handshake begins anew with each byte.
    const timer = setTimeout(refuse, timeoutMs)
    socket.on('unexpected-response', (_request, response) => {
      const { statusCode: status = 0 } = response
      refusal = { status, body: '', failure: `HTTP ${status}` }
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        refusal = { ...refusal, body: (refusal.body + part).slice(0, MAX_BODY_CHARACTERS) }
        if (refusal.body.length === MAX_BODY_CHARACTERS) refuse()
      })
      response.on('close', refuse)
    })
    socket.on('error', (error) => {
      clearTimeout(timer)
      resolve({ body: '', failure: error.message })
    })
    socket.on('open', () => {
      clearTimeout(timer)
      resolve(held(socket, behaviour, paceMs))
    })
  })
}

export function isHeld(opened: HeldSocket | NotOpened): opened is HeldSocket {
  return 'held' in opened
}

function held(socket: WebSocket, behaviour: Behaviour, paceMs: number): HeldSocket {
  const openedAtMs = performance.now()
  const state: Held = { behaviour, openedAtMs, lastFrameAtMs: openedAtMs, answersMs: [], unanswered: new Map() }
  const moved = (): void => void (state.lastFrameAtMs = performance.now())
  let number = 0
  const send = (bytes = 0): string => {
    const requestId = String((number += 1))
    socket.send(JSON.stringify({ type: 'ping', requestId, ...(bytes > 0 && { fill: '.'.repeat(bytes) }) }))
    state.unanswered.set(requestId, performance.now())
    moved()
    return requestId
  }
  const timer = behaviour === 'traffic' ? setInterval(send, paceMs, 0) : undefined
  socket.on('ping', moved)
  socket.on('message', (data: RawData) => {
    moved()
    const id = requestIdOf((data as Buffer).toString())
    const sentAtMs = id === undefined ? undefined : state.unanswered.get(id)
    if (id === undefined || sentAtMs === undefined) return
    state.unanswered.delete(id)
    state.answersMs.push(performance.now() - sentAtMs)
  })
  socket.on('close', (code, reason) => {
    clearInterval(timer)
    state.closed ??= { atMs: performance.now(), code, reason: reason.toString() }
  })
  const close = (): void => {
    clearInterval(timer)
    socket.removeAllListeners('close')
    socket.terminate()
  }
  return { held: state, send, close }
}

function requestIdOf(text: string): string | undefined {
  try {
    const { requestId } = JSON.parse(text) as { requestId?: unknown }
    return typeof requestId === 'string' ? requestId : undefined
  } catch {
    return undefined
  }
}
