import { describe, expect, test } from 'vitest'
import type { Behaviour, Held } from './hold.ts'
import { judge } from './judge.ts'
import type { Measured } from './measured.ts'

const SILENCE_MS = 60_000
const END_MS = 75_000

/** A socket; times are milliseconds since the first was opened. */
function socket(
  behaviour: Behaviour,
  openedAtMs: number,
  closedAtMs?: number,
  given: Partial<Held> & { code?: number } = {},
): Held {
  const { code = 1006, ...fields } = given
  const lastFrameAtMs = behaviour === 'traffic' ? (closedAtMs ?? END_MS) - 500 : openedAtMs
  const closed = closedAtMs === undefined ? {} : { closed: { atMs: closedAtMs, code, reason: '' } }
  return { behaviour, openedAtMs, lastFrameAtMs, answersMs: [3, 4, 5, 6], unanswered: new Map(), ...closed, ...fields }
}

function measured(held: readonly Held[], given: Partial<Measured> = {}): Measured {
  const versions = { http1: true, http2: false, extendedConnect: false }
  return { seconds: 75, paceMs: 1000, silenceMs: SILENCE_MS, lateMs: 2000, endedAtMs: END_MS, versions, held, ...given }
}

const steady = [socket('traffic', 0), socket('traffic', 7500)]
const causes = (held: readonly Held[], given: Partial<Measured> = {}) =>
  judge(measured(held, given)).verdicts.map(({ cause, what }) => `${cause} ${what}`)

describe('sockets that are cut', () => {
  test('by the services, since a client answered no ping, are no fault of the edge', () => {
    expect(causes([...steady, socket('silent', 0, 75_000), socket('heartbeat', 0)])).toEqual([])
    expect(causes([...steady, socket('silent', 0, 61_000), socket('heartbeat', 0)])).toEqual([])
  })

  test('without a frame, while those with traffic stay, name the idle time-out', () => {
    const both = [...steady, socket('silent', 0, 20_000), socket('heartbeat', 0, 20_010)]
    expect(causes(both)).toEqual([
      'IdleTimeout a socket is cut after 20 s without a frame (code 1006), also one whose client answers every ping',
    ])
    expect(causes([...steady, socket('silent', 0, 30_000), socket('heartbeat', 0)])[0]).toMatch(/stays open$/)
  })

  test('after pings have come are quiet since the last one', () => {
    const pinged = { lastFrameAtMs: 50_000 }
    expect(causes([...steady, socket('heartbeat', 0, 65_000, pinged)])[0]).toContain('after 15 s without a frame')
  })

  test('at one age, whatever they do, name the total time-out', () => {
    const held = [socket('traffic', 0, 30_000), socket('silent', 0, 30_000), socket('traffic', 7500, 37_500)]
    expect(causes(held)).toEqual([
      'TotalTimeout a socket is cut 30 s after it was opened although frames go both ways (code 1006)',
    ])
    expect(causes([socket('traffic', 0, 70_000), socket('traffic', 7500)])[0]).toMatch(/^TotalTimeout/)
  })

  test('for two reasons are named for both', () => {
    const held = [socket('traffic', 0, 30_000), socket('silent', 0, 5000), socket('traffic', 7500, 37_500)]
    expect(causes(held)).toEqual([expect.stringMatching(/^TotalTimeout/), expect.stringMatching(/^IdleTimeout .* 5 s/)])
  })

  test('at one moment, whatever their age is, name the reload', () => {
    const held = [socket('traffic', 0, 40_000, { code: 1001 }), socket('traffic', 7500, 40_100, { code: 1001 })]
    expect(causes([...held, socket('silent', 0, 40_050), socket('heartbeat', 0, 40_000)])).toEqual([
      expect.stringMatching(/^Reload .*after 40 s \(code 1001\) and 32.6 s/),
    ])
  })

  test('without a word, so that they look open, name the idle time-out', () => {
    const dead = { isDead: true } as const
    expect(causes([...steady, socket('silent', 0, 61_000), socket('heartbeat', 0, undefined, dead)])[0]).toMatch(
      /^IdleTimeout a socket that was without a frame for 75 s looks open/,
    )
  })

  test('by a rollout of the services are told, and nobody is accused', () => {
    const restarted = { code: 1012 }
    const { verdicts, unjudged } = judge(
      measured([socket('traffic', 0, 9000, restarted), socket('traffic', 7500, 9900, restarted)]),
    )
    expect(verdicts).toEqual([])
    expect(unjudged[0]).toContain('the service itself has closed the socket with traffic (1012')
  })
})

describe('frames and requests', () => {
  test('that are answered late name buffering; one that is late does not', () => {
    expect(causes([socket('traffic', 0, undefined, { answersMs: [3, 2500, 2600, 4] })])[0]).toMatch(/^Buffering 2 of 4/)
    expect(causes([socket('traffic', 0, undefined, { answersMs: [3, 2500, 3, 4] })])).toEqual([])
    const unanswered = new Map([
      ['1', 70_000],
      ['2', 71_000],
    ])
    expect(causes([socket('traffic', 0, undefined, { answersMs: [], unanswered })])[0]).toMatch(/after 5 s/)
  })

  test('that are refused for their size name the limit', () => {
    const frame = { bytes: 61_440, isTaken: false, what: 'the socket is closed with 1009' }
    expect(causes(steady, { frame })).toEqual([
      'BodyLimit a WebSocket frame of 61440 bytes, which the services take, is refused: the socket is closed with 1009',
    ])
  })
})

describe('an upgrade that is refused', () => {
  const refused = (status: number, body: string, plain?: { status: number; body: string }) =>
    judge(measured([], { refused: { status, body, failure: `HTTP ${status}`, ...(plain && { plain }) } }))
  const notFound = '{"status":404}'

  test('like a request without one has lost it on the way', () => {
    expect(refused(404, notFound, { status: 404, body: notFound }).verdicts).toMatchObject([
      { cause: 'MissingUpgrade' },
    ])
    expect(refused(426, 'Upgrade Required').verdicts).toMatchObject([{ cause: 'MissingUpgrade' }])
    expect(refused(403, '<html>').verdicts).toMatchObject([{ cause: 'MissingUpgrade' }])
  })

  test('for its headers, its subprotocol, or its number names that', () => {
    expect(refused(431, '').verdicts).toMatchObject([{ cause: 'BodyLimit' }])
    expect(refused(400, '<title>400 Request Header Or Cookie Too Large').verdicts).toMatchObject([
      { cause: 'BodyLimit' },
    ])
    const byHeader = {
      status: 401,
      body: '{"error":{"code":"unauthorized"}}',
      failure: 'HTTP 401',
      isOpenedByHeader: true,
    }
    expect(judge(measured([], { refused: byHeader })).verdicts).toMatchObject([{ cause: 'DroppedHeader' }])
    const refusedLater = { status: 503, body: '<html>', failure: 'HTTP 503' }
    expect(judge(measured(steady, { refusedLater })).verdicts).toMatchObject([{ cause: 'ConnectionLimit' }])
  })

  test('in the words of the services has arrived, and one by a gateway has not', () => {
    const { verdicts, unjudged } = refused(401, '{"error":{"code":"unauthorized","message":"no"}}')
    expect([verdicts, unjudged]).toEqual([[], ['the service refuses the socket: unauthorized (HTTP 401)']])
    expect(refused(502, '<html>').verdicts).toMatchObject([{ cause: 'NotReached' }])
  })
})

describe('the version of HTTP', () => {
  const versions = (http2: boolean, extendedConnect: boolean) => ({
    http1: false,
    http2,
    extendedConnect,
    failure: 'socket hang up',
  })

  test('is named where no client can upgrade', () => {
    expect(causes([], { versions: versions(true, false) })[0]).toMatch(/^NoExtendedConnect .*without extended CONNECT/)
    expect(causes([], { versions: versions(true, true) })[0]).toMatch(/^NoExtendedConnect .*over HTTP\/2 alone/)
    expect(causes([], { versions: versions(false, false) })[0]).toMatch(/^NotReached .*socket hang up/)
  })
})

describe('the address that a limit counts', () => {
  const ends = { forged: '192.0.2.77', local: '10.0.0.9', remote: '203.0.113.1', inside: new Set(['10.1.0.5']) }
  const causesOf = (seen: string) =>
    judge(measured(steady, { seen: { ...ends, seen } })).verdicts.map(({ cause }) => cause)

  test('is right when it is that of this machine, or one that no proxy has', () => {
    expect([causesOf('10.0.0.9'), causesOf('198.51.100.4')]).toEqual([[], []])
  })

  test('is wrong when it is forged, or that of a proxy', () => {
    expect(causesOf('192.0.2.77')).toEqual(['ForgedAddress'])
    expect([causesOf('203.0.113.1'), causesOf('10.1.0.5')]).toEqual([['HiddenClients'], ['HiddenClients']])
  })
})
