import { z } from 'zod'

/** The range of each of the five fields. Sunday is 0 alone: the library that reads these schedules refuses 7. */
const FIELDS = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12 },
  { name: 'day of the week', min: 0, max: 6 },
] as const

/** When something runs, as cron's five fields, in UTC. */
export const cron = z.string().superRefine((text, context) => {
  const fault = cronFault(text)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `must be a cron schedule: ${fault}` })
})

function cronFault(text: string): string | undefined {
  const fields = text.split(' ')
  if (fields.length !== FIELDS.length)
    return 'five fields with one space between them: minute, hour, day of the month, month, day of the week'
  const wrong = FIELDS.find(({ min, max }, index) => valuesOf(fields[index] as string, min, max) === undefined)
  if (wrong !== undefined) return `the ${wrong.name} must be *, or of ${wrong.min} to ${wrong.max}`
  return longestGapDays([text]) === undefined ? 'no month of it has such a day' : undefined
}

/** The values that a field stands for: a list of `*`, a number or a range, each with an optional step. */
function valuesOf(text: string, min: number, max: number): Set<number> | undefined {
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part)
    if (match === null) return undefined
    const [first, last, step] = match.slice(1).map((digits) => (digits === undefined ? undefined : Number(digits)))
    const from = first ?? min
    // A number with a step goes on to the end of the range.
    const to = last ?? (first === undefined || step !== undefined ? max : first)
    if (from < min || from > to || to > max || step === 0) return undefined
    for (let value = from; value <= to; value += step ?? 1) values.add(value)
  }
  return values
}

/** With these, the 29th of February comes twice. */
const FIRST_DAY = Date.UTC(2024, 0, 1)
const DAYS = 5 * 365
const DAY_MS = 24 * 60 * 60 * 1000

/** The most days from one day on which one of the schedules runs to the next; undefined when none ever does. */
export function longestGapDays(schedules: readonly string[]): number | undefined {
  const runs = schedules.map(daysOf)
  let last: number | undefined
  let longest: number | undefined
  for (let day = 0; day < DAYS; day++) {
    const date = new Date(FIRST_DAY + day * DAY_MS)
    if (!runs.some((isOn) => isOn(date))) continue
    if (last !== undefined) longest = Math.max(longest ?? 0, day - last)
    last = day
  }
  return longest
}

/** Where both the day of the month and that of the week are limited, cron takes either. */
function daysOf(schedule: string): (date: Date) => boolean {
  const fields = schedule.split(' ')
  const [, , days, months, weekdays] = FIELDS.map(({ min, max }, index) => valuesOf(fields[index] ?? '', min, max))
  const isAny = (index: number) => fields[index]?.startsWith('*') === true
  return (date) => {
    if (months?.has(date.getUTCMonth() + 1) !== true) return false
    const onDay = days?.has(date.getUTCDate()) === true
    const onWeekday = weekdays?.has(date.getUTCDay()) === true
    return isAny(2) || isAny(4) ? onDay && onWeekday : onDay || onWeekday
  }
}
