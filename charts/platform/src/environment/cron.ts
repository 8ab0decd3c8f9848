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
  return isEver(text) ? undefined : 'no month of it has such a day'
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

/** The last day of each month in a leap year. */
const LAST_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Where days of the month alone count, one of its months must have one of them. Each of them falls on every day of the week at times. */
function isEver(schedule: string): boolean {
  const { days, months, isEither } = daysOf(schedule)
  const first = Math.min(...days)
  return isEither || [...months].some((month) => first <= (LAST_DAYS[month - 1] ?? 0))
}

/** With these, the 29th of February comes twice. */
const FIRST_DAY = Date.UTC(2024, 0, 1)
const DAYS = 5 * 365
const DAY_MS = 24 * 60 * 60 * 1000

interface Day {
  readonly month: number
  readonly day: number
  readonly weekday: number
}

let known: readonly Day[] | undefined

function calendar(): readonly Day[] {
  return (known ??= Array.from({ length: DAYS }, (_, index) => {
    const date = new Date(FIRST_DAY + index * DAY_MS)
    return { month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay() }
  }))
}

/** The most days from one day on which one of the schedules runs to the next; undefined when none does twice in five years. */
export function longestGapDays(schedules: readonly string[]): number | undefined {
  const runs = schedules.map(daysOf)
  let last: number | undefined
  let longest: number | undefined
  for (const [index, day] of calendar().entries()) {
    if (!runs.some((when) => isOn(day, when))) continue
    if (last !== undefined) longest = Math.max(longest ?? 0, index - last)
    last = index
  }
  return longest
}

interface Days {
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** Where both the day of the month and that of the week are limited, cron takes either. */
  readonly isEither: boolean
}

function daysOf(schedule: string): Days {
  const fields = schedule.split(' ')
  const [, , days, months, weekdays] = FIELDS.map(({ min, max }, index) => valuesOf(fields[index] ?? '', min, max))
  const isLimited = (index: number) => fields[index]?.startsWith('*') === false
  const none = new Set<number>()
  return {
    days: days ?? none,
    months: months ?? none,
    weekdays: weekdays ?? none,
    isEither: isLimited(2) && isLimited(4),
  }
}

function isOn({ month, day, weekday }: Day, { days, months, weekdays, isEither }: Days): boolean {
  if (!months.has(month)) return false
  return isEither ? days.has(day) || weekdays.has(weekday) : days.has(day) && weekdays.has(weekday)
}
