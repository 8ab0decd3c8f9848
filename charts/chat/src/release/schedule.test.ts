import { describe, expect, test } from 'vitest'
import { openingMs, type Window } from './schedule.ts'

const MINUTE_MS = 60_000
const STEP_MS = 15 * MINUTE_MS
const DAY_MS = 86_400_000
const YEAR = { fromMs: Date.parse('2026-01-01T00:00Z'), untilMs: Date.parse('2027-01-01T00:00Z') }
const WEEK = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const

function at(window: Partial<Window>, now: string, restMinutes = 0): string | undefined {
  const whole: Window = { days: [...WEEK], start: '02:30', durationMinutes: 60, timeZone: 'Europe/Berlin', ...window }
  const openMs = openingMs([whole], restMinutes * MINUTE_MS, Date.parse(now))
  return openMs === undefined ? undefined : new Date(openMs).toISOString().replace('.000Z', 'Z')
}

describe('a window', () => {
  test('is open from its start until the rest of it is too short, and then a week later', () => {
    const monday = { days: ['Mon' as const] }
    expect(at(monday, '2026-01-01T00:00:00Z', 20)).toBe('2026-01-05T01:30:00Z')
    expect(at(monday, '2026-01-05T01:29:59.999Z', 20)).toBe('2026-01-05T01:30:00Z')
    expect(at(monday, '2026-01-05T01:47:12Z', 20)).toBe('2026-01-05T01:47:12Z')
    expect(at(monday, '2026-01-05T02:10:00Z', 20)).toBe('2026-01-05T02:10:00Z')
    expect(at(monday, '2026-01-05T02:10:00.001Z', 20)).toBe('2026-01-12T01:30:00Z')
  })

  test('that is shorter than the rest is never open', () => {
    expect(at({}, '2026-01-01T00:00:00Z', 60)).toBe('2026-01-01T01:30:00Z')
    expect(at({}, '2026-01-01T00:00:00Z', 61)).toBeUndefined()
  })

  test('whose start the clock skips begins at the next moment, and has its whole length', () => {
    expect(at({}, '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00Z')
    expect(at({}, '2026-03-29T02:00:00Z')).toBe('2026-03-29T02:00:00Z')
    expect(at({}, '2026-03-29T02:00:01Z')).toBe('2026-03-30T00:30:00Z')
  })

  test('whose start the clock shows twice begins once, and has its whole length', () => {
    expect(at({}, '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00Z')
    expect(at({}, '2026-10-25T01:30:00Z')).toBe('2026-10-25T01:30:00Z')
    expect(at({}, '2026-10-25T01:30:01Z')).toBe('2026-10-26T01:30:00Z')
  })

  test('of a whole day is still open two days later, where the day between is short', () => {
    // New York leaves out an hour of Sunday, 8 March.
    const saturday = {
      days: ['Sat' as const],
      start: '23:59',
      durationMinutes: 1440,
      timeZone: 'America/New_York',
    }
    expect(at(saturday, '2026-03-09T04:30:00Z')).toBe('2026-03-09T04:30:00Z')
  })
})

const REST_MS = 30 * MINUTE_MS

test.each(['Europe/Berlin', 'Asia/Shanghai', 'America/New_York', 'Australia/Lord_Howe'])(
  'in %s every hour of a year has the opening that a clock shows',
  (timeZone) => {
    const windows: Window[] = [
      { days: ['Thu'], start: '00:00', durationMinutes: 30, timeZone },
      { days: ['Sat', 'Sun'], start: '02:30', durationMinutes: 60, timeZone },
      { days: ['Sun'], start: '23:45', durationMinutes: 1440, timeZone },
    ]
    const openings = openingsSeen(windows, timeZone)
    const hours = (YEAR.untilMs - YEAR.fromMs) / (60 * MINUTE_MS)
    const moments = Array.from({ length: hours }, (_, hour) => YEAR.fromMs + hour * 60 * MINUTE_MS)
    const found = moments.map((nowMs) => openingMs(windows, REST_MS, nowMs))
    expect(found).toEqual(moments.map((nowMs) => openings.get(nowMs)))
  },
  60_000,
)

/** The next opening of each quarter of an hour, from watching a clock: nothing here knows of offsets. */
function openingsSeen(windows: readonly Window[], timeZone: string): Map<number, number> {
  const clock = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  const open = new Set<number>()
  let latest = clock.format(YEAR.fromMs - 3 * DAY_MS)
  const fromMs = YEAR.fromMs - 3 * DAY_MS
  const untilMs = YEAR.untilMs + 9 * DAY_MS
  for (let atMs = fromMs; atMs < untilMs; atMs += STEP_MS) {
    const shown = clock.format(atMs)
    for (const window of windows) {
      if (!startsOf(window, latest, shown).some((start) => latest < start && start <= shown)) continue
      const lastMs = atMs + window.durationMinutes * MINUTE_MS - REST_MS
      for (let openMs = atMs; openMs <= lastMs; openMs += STEP_MS) open.add(openMs)
    }
    if (shown > latest) latest = shown
  }
  return nextOf(open, untilMs)
}

/** The starts of a window on the two days, such as `2026-03-29 02:30`. */
function startsOf({ days, start }: Window, ...moments: readonly string[]): string[] {
  const dates = moments.map((moment) => moment.slice(0, 'YYYY-MM-DD'.length))
  return dates
    .filter((date) => days.some((day) => day === WEEK[new Date(`${date}T00:00Z`).getUTCDay()]))
    .map((date) => `${date} ${start}`)
}

function nextOf(open: ReadonlySet<number>, untilMs: number): Map<number, number> {
  const next = new Map<number, number>()
  let following = Number.NaN
  for (let atMs = untilMs; atMs >= YEAR.fromMs; atMs -= STEP_MS) {
    if (open.has(atMs)) following = atMs
    next.set(atMs, following)
  }
  return next
}
