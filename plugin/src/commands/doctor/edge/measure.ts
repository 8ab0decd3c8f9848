import { setTimeout as sleep } from 'node:timers/promises'
import { addressSeen, type SecurityLog } from './address.ts'
import { ask, type Edge } from './edge.ts'
import { hold, isHeld, type Behaviour, type HeldSocket, type NotOpened } from './hold.ts'
import type { Large, Measured, Refused, SeenAddress } from './measured.ts'
import { versionsOf } from './versions.ts'

export interface MeasureOptions {
  readonly websocket: Edge
  readonly api: Edge
  readonly token: string
  readonly seconds: number
  readonly log?: SecurityLog | undefined
  /** Called now and then. */
  readonly onProgress?: (text: string) => void
  /** @default 60,000, the default of the services */
  readonly silenceMs?: number
  /** @default 1000 */
  readonly paceMs?: number
  /** @default 2000 */
  readonly lateMs?: number
  /** How long an answer may take. @default 10,000 */
  readonly timeoutMs?: number
  /** Time between two calls of `onProgress`. @default 15,000 */
  readonly progressMs?: number
}

/** Below the largest frame, 64 KiB, and the largest request, 100 KiB, that the services take. */
const FRAME_BYTES = 60 * 1024
const REQUEST_BYTES = 90 * 1024
/** The share of the time after which a second socket with traffic is opened, so that ages differ. */
const LATER = 0.1
const TURN_MS = 100

/** Holds sockets through an edge for some time, and sends what the services take. */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const { websocket, seconds, silenceMs = 60_000, paceMs = 1000, lateMs = 2000, timeoutMs = 10_000 } = options
  const figures = { seconds, paceMs, silenceMs, lateMs }
  const versions = await versionsOf(websocket, timeoutMs)
  const without = (refused?: Refused) => ({
    ...figures,
    held: [],
    versions,
    endedAtMs: performance.now(),
    ...(refused && { refused }),
  })
  if (!versions.http1) return without()
  const first = await open('traffic')
  if (!isHeld(first)) return { ...without(await beside(first)), ...(await requests()) }
  const sockets: HeldSocket[] = [first]
  let refusedLater: NotOpened | undefined
  try {
    for (const behaviour of ['silent', 'heartbeat'] as const) await add(behaviour)
    const others = Promise.all([twice(largeFrame), requests()])
    await wait()
    const endedAtMs = performance.now()
    await tryAll()
    const [frame, answered] = await others
    const held = sockets.map((socket) => socket.held)
    return {
      ...figures,
      held,
      versions,
      endedAtMs,
      ...(refusedLater && { refusedLater }),
      ...(frame && { frame }),
      ...answered,
    }
  } finally {
    for (const { close } of sockets) close()
  }

  function open(
    behaviour: Behaviour,
    tokenIn: 'subprotocol' | 'header' = 'subprotocol',
  ): Promise<HeldSocket | NotOpened> {
    return hold(websocket, { behaviour, token: options.token, timeoutMs, paceMs, tokenIn })
  }

  /** What needs no socket. */
  async function requests(): Promise<Pick<Measured, 'request' | 'seen'>> {
    const [request, seen] = await Promise.all([
      twice(() => largeRequest(options, timeoutMs)),
      seenAddress(options, timeoutMs),
    ])
    return { ...(request && { request }), ...(seen && { seen }) }
  }

  async function add(behaviour: Behaviour): Promise<void> {
    const opened = await open(behaviour)
    if (isHeld(opened)) sockets.push(opened)
    else refusedLater ??= opened
  }

  /** Until the time is over, or every socket is closed. */
  async function wait(): Promise<void> {
    const { onProgress, progressMs = 15_000 } = options
    const startedAtMs = performance.now()
    let [isLater, toldAtMs] = [false, startedAtMs]
    for (;;) {
      const now = performance.now()
      const passedMs = now - startedAtMs
      const isOpen = sockets.filter(({ held }) => held.closed === undefined).length
      if (passedMs >= seconds * 1000 || isOpen === 0) return
      if (!isLater && passedMs >= seconds * 1000 * LATER) {
        isLater = true
        await add('traffic')
      }
      if (now - toldAtMs >= progressMs) {
        toldAtMs = now
        onProgress?.(`${Math.round(passedMs / 1000)} of ${seconds} s, ${isOpen} of ${sockets.length} sockets are open`)
      }
      await sleep(TURN_MS)
    }
  }

  /** What is answered to a request beside the refused one. */
  async function beside(refused: NotOpened): Promise<Refused> {
    const path = `${websocket.url.pathname}${websocket.url.search}`
    const plain = await ask(websocket, { path, timeoutMs }).catch(() => undefined)
    const byHeader = await open('heartbeat', 'header')
    if (isHeld(byHeader)) byHeader.close()
    const { status, body } = plain ?? {}
    return {
      ...refused,
      ...(status !== undefined && body !== undefined && { plain: { status, body } }),
      isOpenedByHeader: isHeld(byHeader),
    }
  }

  /** A proxy may forget a connection without a word, so that it looks open at both ends. */
  async function tryAll(): Promise<void> {
    const open = sockets.filter(({ held: { behaviour, closed } }) => closed === undefined && behaviour !== 'traffic')
    const sent = open.map(({ held, send }) => {
      const { lastFrameAtMs } = held
      const id = send()
      // Only what comes back shows that it is open.
      held.lastFrameAtMs = lastFrameAtMs
      return { held, id }
    })
    const deadline = performance.now() + timeoutMs
    const left = () => sent.filter(({ held, id }) => held.closed === undefined && held.unanswered.has(id))
    while (left().length > 0 && performance.now() < deadline) await sleep(TURN_MS)
    for (const { held } of left()) held.isDead = true
  }

  async function largeFrame(): Promise<Large | undefined> {
    const opened = await open('heartbeat')
    if (!isHeld(opened)) return undefined
    const id = opened.send(FRAME_BYTES)
    const deadline = performance.now() + timeoutMs
    const isOpen = () => opened.held.closed === undefined
    while (opened.held.unanswered.has(id) && isOpen() && performance.now() < deadline) await sleep(TURN_MS)
    const isTaken = !opened.held.unanswered.has(id)
    const { closed } = opened.held
    opened.close()
    return {
      bytes: FRAME_BYTES,
      isTaken,
      what: closed === undefined ? 'it is not answered' : `the socket is closed with ${closed.code}`,
    }
  }
}

/** A refusal may be that of a moment, such as of a reload. */
async function twice(attempt: () => Promise<Large | undefined>): Promise<Large | undefined> {
  const first = await attempt()
  return first?.isTaken === false ? attempt() : first
}

/** The API refuses both by their fields; an edge that takes the small one alone has a limit of its own. */
async function largeRequest({ api }: MeasureOptions, timeoutMs: number): Promise<Large> {
  const send = async (bytes: number) => {
    const body = JSON.stringify({ fill: '.'.repeat(bytes) })
    const headers = { 'content-type': 'application/json' }
    const asked = ask(api, { method: 'POST', path: '/api/users/login', headers, body, timeoutMs })
    return asked.then(
      ({ status }) => `HTTP ${status}`,
      (error: Error) => error.message,
    )
  }
  const [small, large] = [await send(1), await send(REQUEST_BYTES)]
  return { bytes: REQUEST_BYTES, isTaken: small === large, what: large }
}

async function seenAddress({ api, log }: MeasureOptions, timeoutMs: number): Promise<SeenAddress | undefined> {
  return log === undefined ? undefined : addressSeen(api, log, timeoutMs).catch(() => undefined)
}
