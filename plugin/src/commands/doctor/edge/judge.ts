import { serviceCode } from './edge.ts'
import type { Held } from './hold.ts'
import type { Large, Measured, SeenAddress, Versions } from './measured.ts'

/** What is wrong with an edge. */
export type Cause =
  | 'IdleTimeout'
  | 'TotalTimeout'
  | 'Reload'
  | 'Buffering'
  | 'MissingUpgrade'
  | 'DroppedHeader'
  | 'ConnectionLimit'
  | 'BodyLimit'
  | 'NoExtendedConnect'
  | 'ForgedAddress'
  | 'HiddenClients'
  | 'NotReached'

/** A verdict by what was measured alone. */
export interface Verdict {
  readonly cause: Cause
  readonly what: string
  /** Whether no client that keeps to the protocol is concerned. */
  readonly isHarmless?: true
}

/** What was measured, and is no fault of the edge. */
export interface Judged {
  readonly verdicts: readonly Verdict[]
  /** Why a part could not be judged. */
  readonly unjudged: readonly string[]
}

/** Close codes of the services (docs/protocol.md): their close frame has passed the edge. */
const OF_SERVICES = new Set([1003, 1009, 1012, 1013, 4400, 4401])
/** How far apart two events may be that have one cause, of the time since the sockets were opened. */
const SPREAD = 0.1
const LEAST_SPREAD_MS = 250

export function judge(measured: Measured): Judged {
  const version = versionVerdict(measured.versions)
  if (version !== undefined) return { verdicts: [version], unjudged: [] }
  const upgrade = upgradeOf(measured)
  const cuts = cutsOf(measured)
  return {
    verdicts: [
      ...upgrade.verdicts,
      ...cuts.verdicts,
      ...bufferingOf(measured),
      ...limitOf(measured.frame, 'WebSocket frame'),
      ...limitOf(measured.request, 'request'),
      ...addressOf(measured.seen),
    ],
    unjudged: [...upgrade.unjudged, ...cuts.unjudged],
  }
}

function versionVerdict({ http1, http2, extendedConnect, failure = '' }: Versions): Verdict | undefined {
  if (http1) return undefined
  if (!http2) return { cause: 'NotReached', what: `the edge answers no request: ${failure}` }
  const how = extendedConnect ? 'and takes WebSockets over HTTP/2 alone' : 'without extended CONNECT (RFC 8441)'
  return {
    cause: 'NoExtendedConnect',
    what: `the edge speaks HTTP/2 alone, ${how}: no client opens a WebSocket (${failure})`,
  }
}

/** A first socket that was not opened, or another one beside it. */
function upgradeOf({ refused, refusedLater }: Measured): Judged {
  const { body, failure, status } = refused ?? refusedLater ?? { body: '', failure: '' }
  if (refused === undefined && refusedLater === undefined) return NOTHING
  if (refused?.isOpenedByHeader === true)
    return verdict(
      'DroppedHeader',
      `a token in Sec-WebSocket-Protocol does not arrive, and one in Authorization does (${failure})`,
    )
  const code = serviceCode(body)
  // The services refuse an upgrade in these words only where it has arrived as one.
  if (code !== undefined && code !== 'not_found')
    return { verdicts: [], unjudged: [`the service refuses the socket: ${code} (${failure})`] }
  if (status !== undefined && (TOO_LARGE.has(status) || /too large/i.test(body)))
    return verdict('BodyLimit', `the headers of an upgrade, with the token, are refused: ${failure}`)
  if (refused === undefined)
    return verdict('ConnectionLimit', `one socket is opened, and another one beside it is refused: ${failure}`)
  const { plain } = refused
  const isPlain = plain !== undefined && plain.status === status && plain.body === body
  if (isPlain || status === 426)
    return verdict('MissingUpgrade', `an upgrade to a WebSocket is answered like a request without one (${failure})`)
  if (status !== undefined && status >= 502 && status <= 504)
    return verdict('NotReached', `the edge does not reach the WebSocket service (${failure})`)
  return verdict('MissingUpgrade', `an upgrade to a WebSocket does not reach the service: ${failure}`)
}

const NOTHING: Judged = { verdicts: [], unjudged: [] }
/** nginx has 494 for headers; HTTP has the others. */
const TOO_LARGE = new Set([413, 414, 431, 494])

function verdict(cause: Cause, what: string): Judged {
  return { verdicts: [{ cause, what }], unjudged: [] }
}

interface Cut extends Held {
  readonly closed: NonNullable<Held['closed']>
}

const ageMs = ({ openedAtMs, closed }: Cut) => closed.atMs - openedAtMs
const quietMs = ({ lastFrameAtMs, closed }: Cut) => closed.atMs - lastFrameAtMs

/** Who has closed which socket, after how long. */
function cutsOf({ held, silenceMs, paceMs, endedAtMs }: Measured): Judged {
  const closed = held.filter((each): each is Cut => each.closed !== undefined)
  const byService = closed.filter(({ closed: { code } }) => OF_SERVICES.has(code))
  const cut = closed.filter((each) => !byService.includes(each) && !isSilentByRule(each, silenceMs))
  const unjudged = byService.map(
    ({ behaviour, closed: { code, reason } }) =>
      `the service itself has closed the socket with ${behaviour} (${code} ${reason}): measure again without a rollout`,
  )
  const busy = cut.filter((each) => each.behaviour === 'traffic' && quietMs(each) < 3 * paceMs + LEAST_SPREAD_MS)
  // What was cut before had another cause.
  const idle = idleVerdicts(busy.length > 0 ? cut.filter((each) => isBefore(each, busy)) : cut)
  const dead = idle.length > 0 ? [] : deadVerdicts(held, endedAtMs)
  return { verdicts: [...(busy.length > 0 ? [busyVerdict(busy)] : []), ...idle, ...dead], unjudged }
}

function isBefore(each: Cut, busy: readonly Cut[]): boolean {
  return busy.every((other) => each.closed.atMs < other.closed.atMs - spreadOf(ageMs(other)))
}

function deadVerdicts(held: readonly Held[], endedAtMs: number): Verdict[] {
  const dead = held.find(({ isDead }) => isDead === true)
  if (dead === undefined) return []
  const quiet = seconds(endedAtMs - dead.lastFrameAtMs)
  return [
    {
      cause: 'IdleTimeout',
      what: `a socket that was without a frame for ${quiet} looks open, and nothing passes it any more`,
    },
  ]
}

/** The services cut a client that answers no ping; that is right. */
function isSilentByRule(each: Cut, silenceMs: number): boolean {
  return each.behaviour === 'silent' && ageMs(each) >= silenceMs - spreadOf(silenceMs)
}

/** Sockets with traffic are cut by their age, or, whatever their age is, all at one moment. */
function busyVerdict(busy: readonly Cut[]): Verdict {
  const [first = busy[0]!, ...others] = busy.toSorted((a, b) => a.openedAtMs - b.openedAtMs)
  const moments = busy.map(({ closed }) => closed.atMs)
  const ages = busy.map(ageMs)
  const shown = busy.map((each) => `${seconds(ageMs(each))} (code ${each.closed.code})`).join(' and ')
  if (others.length > 0 && range(moments) < range(ages)) {
    const what = `sockets of different ages are cut at one moment although frames go both ways, after ${shown}: the proxy was loaded again or replaced`
    return { cause: 'Reload', what }
  }
  return {
    cause: 'TotalTimeout',
    what: `a socket is cut ${seconds(ageMs(first))} after it was opened although frames go both ways (code ${first.closed.code})`,
  }
}

function idleVerdicts(cut: readonly Cut[]): Verdict[] {
  const [first] = cut.toSorted((a, b) => quietMs(a) - quietMs(b))
  if (first === undefined) return []
  const isHarmless = cut.every(({ behaviour }) => behaviour === 'silent')
  const alive = isHarmless ? 'one whose client answers pings stays open' : 'also one whose client answers every ping'
  const after = `${seconds(quietMs(first))} without a frame`
  const what = `a socket is cut after ${after} (code ${first.closed.code}), ${alive}`
  return [{ cause: 'IdleTimeout', what, ...(isHarmless && { isHarmless }) }]
}

function bufferingOf({ held, lateMs, endedAtMs }: Measured): Verdict[] {
  const waits = held.flatMap(({ behaviour, answersMs, unanswered, closed }) => {
    const waiting = [...unanswered.values()].map((sentAtMs) => (closed?.atMs ?? endedAtMs) - sentAtMs)
    return behaviour === 'traffic' ? [...answersMs, ...waiting] : []
  })
  const late = waits.filter((ms) => ms >= lateMs)
  // One late answer may be the fault of the network.
  if (late.length < 2 || late.length * 4 < waits.length) return []
  const what = `${late.length} of ${waits.length} frames were answered late, the last after ${seconds(Math.max(...late))}: frames are held back`
  return [{ cause: 'Buffering', what }]
}

function limitOf(large: Large | undefined, name: string): Verdict[] {
  if (large === undefined || large.isTaken) return []
  return [
    {
      cause: 'BodyLimit',
      what: `a ${name} of ${large.bytes} bytes, which the services take, is refused: ${large.what}`,
    },
  ]
}

function addressOf(address: SeenAddress | undefined): Verdict[] {
  if (address === undefined) return []
  const { seen, forged, local, remote, inside } = address
  if (seen === forged)
    return [
      {
        cause: 'ForgedAddress',
        what: `the limits of an address count what a client writes into X-Forwarded-For itself (${forged})`,
      },
    ]
  const isProxy = inside.has(seen) || (seen === remote && seen !== local)
  if (!isProxy) return []
  return [
    {
      cause: 'HiddenClients',
      what: `the limits of an address count all clients as one: the services see ${seen}, which is a proxy`,
    },
  ]
}

function range(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values)
}

function spreadOf(ms: number): number {
  return Math.max(LEAST_SPREAD_MS, ms * SPREAD)
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
