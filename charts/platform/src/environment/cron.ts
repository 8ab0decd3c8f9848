import { Cron } from 'croner'
import { z } from 'zod'

/**
 * The range of each of the five fields. croner also knows names, 7 for Sunday and other additions: the Go library that
 * the operators read these schedules with (robfig/cron) refuses them or reads them in another way.
 */
const FIELDS = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12 },
  { name: 'day of the week', min: 0, max: 6 },
] as const

/** A list of `*`, a number or a range, each with an optional step. */
const SYNTAX = /^(?:(?:\*|\d{1,2}(?:-\d{1,2})?)(?:\/\d{1,2})?(?:,(?!$)|$))+$/
const STEP = /\/\d+/g
/** In a list too, it stands for every value. */
const EVERY = /(?:^|,)\*(?:\/0?1)?(?:,|$)/

/** When something runs, as cron's five fields, in UTC. */
export const cron = z.string().superRefine((text, context) => {
  const fault = cronFault(text)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `must be a cron schedule: ${fault}` })
})

function cronFault(text: string): string | undefined {
  const fields = text.split(' ')
  if (fields.length !== FIELDS.length)
    return 'five fields with one space between them: minute, hour, day of the month, month, day of the week'
  const wrong = FIELDS.find((_, index) => !isField(fields[index] ?? '', index))
  if (wrong !== undefined) return `the ${wrong.name} must be *, or of ${wrong.min} to ${wrong.max}`
  return scheduleOf(text).nextRun(FIRST_DAY) === null ? 'no month of it has such a day' : undefined
}

function isField(text: string, index: number): boolean {
  const { min, max } = FIELDS[index] ?? { min: 0, max: 0 }
  const numbers = text.replaceAll(STEP, '').match(/\d+/g) ?? []
  if (!SYNTAX.test(text) || numbers.some((number) => Number(number) < min || Number(number) > max)) return false
  try {
    scheduleOf(FIELDS.map((_, other) => (other === index ? text : '*')).join(' '))
    return true
  } catch {
    return false
  }
}

/** @throws TypeError for a range that ends before it begins, or for a step of 0 */
function scheduleOf(text: string): Cron {
  // In the Go library a number with a step goes on to the end of the range: here these are "sloppy ranges".
  return new Cron(text, { mode: '5-part', sloppyRanges: true, utcOffset: 0, paused: true })
}

/** From here on, the 29th of February comes twice in five years. */
const FIRST_DAY = new Date(Date.UTC(2024, 0, 1))
const DAYS = 5 * 365

/** The most days from one day on which one of the schedules runs to the next; undefined when none does twice in five years. */
export function longestGapDays(schedules: readonly string[]): number | undefined {
  const runs = schedules.map(daysOf)
  let last: number | undefined
  let longest: number | undefined
  for (let index = 0; index < DAYS; index++) {
    const day = new Date(Date.UTC(2024, 0, 1 + index))
    if (!runs.some((schedule) => schedule.match(day))) continue
    if (last !== undefined) longest = Math.max(longest ?? 0, index - last)
    last = index
  }
  return longest
}

/**
 * The days on which it runs, each at midnight. Where both the day of the month and that of the week are limited, cron
 * takes either.
 */
function daysOf(schedule: string): Cron {
  const days = schedule.split(' ').slice(2)
  return scheduleOf(['0', '0', ...days.map((field) => (EVERY.test(field) ? '*' : field))].join(' '))
}
