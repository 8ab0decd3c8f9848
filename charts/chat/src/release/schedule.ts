import { valueAt } from '../errors.ts'
import type { Model } from '../model.ts'
import type { Release } from './release.ts'

/** A window of time that comes again each week. */
export type Window = NonNullable<Model['spec']['rollout']['schedule']>[number]

/** What a clock on a wall shows at a moment, as if it were UTC. Both are milliseconds since 1970. */
type WallClock = (atMs: number) => number

/** What Kubernetes takes where a pod does not say it. */
const KUBERNETES_GRACE_SECONDS = 30
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/**
 * When `operatorUpdates: Auto` takes an update of the present release: at once without a schedule, otherwise when the rest of a
 * window is as long as its WebSocket pods may drain. Undefined when no window is that long.
 */
export function updateMs(present: Release, { spec: { rollout } }: Model, nowMs: number): number | undefined {
  if (rollout.schedule === undefined) return nowMs
  return openingMs(rollout.schedule, drainSeconds(present) * 1000, nowMs)
}

/** How long a WebSocket pod of a release may drain until it is killed, in seconds. */
function drainSeconds({ templates }: Release): number {
  const seconds = valueAt(templates.websocket, ['spec', 'terminationGracePeriodSeconds'])
  return typeof seconds === 'number' ? seconds : KUBERNETES_GRACE_SECONDS
}

/**
 * The first moment from `nowMs` on at which a window has at least `restMs` left, at most eight days later; `nowMs` itself while
 * there is such a window. Undefined when no window is that long. Moments are milliseconds since 1970.
 */
export function openingMs(schedule: readonly Window[], restMs: number, nowMs: number): number | undefined {
  const openings = schedule.flatMap((window) => {
    const lengthMs = window.durationMinutes * MINUTE_MS
    if (lengthMs < restMs) return []
    return beginsMs(window, nowMs)
      .filter((beginMs) => nowMs <= beginMs + lengthMs - restMs)
      .map((beginMs) => Math.max(nowMs, beginMs))
  })
  return openings.length === 0 ? undefined : Math.min(...openings)
}

/** The begins of a window from two days before today, whose end may be today, to a week after it. */
function beginsMs({ days, start, timeZone }: Window, nowMs: number): number[] {
  const clock = wallClock(timeZone)
  const todayMs = Math.floor(clock(nowMs) / DAY_MS) * DAY_MS
  const [hours = 0, minutes = 0] = start.split(':').map(Number)
  return Array.from({ length: 10 }, (_, index) => todayMs + (index - 2) * DAY_MS)
    .filter((dayMs) => days.some((day) => new Date(dayMs).toUTCString().startsWith(day)))
    .map((dayMs) => firstMoment(clock, dayMs + hours * HOUR_MS + minutes * MINUTE_MS))
}

/** The first moment at which a clock shows a time or a later one. It may skip that time, or show it twice. */
function firstMoment(clock: WallClock, wallMs: number): number {
  const offsetsMs = [wallMs - DAY_MS, wallMs + DAY_MS].map((atMs) => clock(atMs) - atMs)
  let atMs = wallMs - Math.max(...offsetsMs)
  while (clock(atMs) < wallMs) atMs += MINUTE_MS
  return atMs
}

/** By time zone, since a format takes long to make. The schema has taken the names, of which there are about 600. */
const formats = new Map<string, Intl.DateTimeFormat>()

function wallClock(timeZone: string): WallClock {
  const format = formats.get(timeZone) ?? formatOf(timeZone)
  formats.set(timeZone, format)
  return (atMs) => {
    const parts = format.formatToParts(atMs)
    const part = (name: string) => Number(parts.find(({ type }) => type === name)?.value)
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'))
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const date = { year: 'numeric', month: 'numeric', day: 'numeric' } as const
  return new Intl.DateTimeFormat('en', { ...date, hour: 'numeric', minute: 'numeric', hourCycle: 'h23', timeZone })
}
