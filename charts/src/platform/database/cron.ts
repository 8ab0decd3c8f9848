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
  const wrong = FIELDS.find(({ min, max }, index) => !isField(fields[index] as string, min, max))
  return wrong === undefined ? undefined : `the ${wrong.name} must be *, or of ${wrong.min} to ${wrong.max}`
}

/** A list of `*`, a number or a range, each with an optional step. */
function isField(text: string, min: number, max: number): boolean {
  return text.split(',').every((part) => {
    const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part)
    if (match === null) return false
    const [first, last, step] = match.slice(1).map((digits) => (digits === undefined ? undefined : Number(digits)))
    const from = first ?? min
    return from >= min && from <= (last ?? max) && (last ?? from) <= max && step !== 0
  })
}
