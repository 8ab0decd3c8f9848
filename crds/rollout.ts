import { z } from 'zod'
import { formats, formatted, integer, object, text } from './fields.ts'
import { ruled } from './rules.ts'

const Days = ruled(
  z
    .array(z.enum(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']))
    .min(1)
    .max(7)
    .describe('Days of the week on which the window begins, in its time zone.'),
  {
    rule: 'self.all(day, self.exists_one(other, other == day))',
    message: 'must name each day once',
    holds: (self) => new Set(self).size === self.length,
  },
)

/** The API server has the same time zones, and answers an unknown one with its own error and this message. */
const TimeZone = ruled(text(64), {
  rule: "self.matches('^[A-Za-z][-+_/A-Za-z0-9]*$') && timestamp('2000-01-01T00:00:00Z').getHours(self) >= 0",
  message: 'must be an IANA time zone such as Europe/Berlin or UTC',
  messageExpression: `'must be an IANA time zone such as Europe/Berlin or UTC (it is "' + self + '")'`,
  holds: (self) => /^[A-Za-z]/.test(self) && isTimeZone(self),
})

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format()
    return true
  } catch {
    return false
  }
}

const Window = object({
  days: Days,
  start: formatted(formats.timeOfDay).describe(
    'Time of day at which the window begins, such as "02:00". Where the clock skips that time, the window begins at the next moment; where it shows that time twice, at the first one.',
  ),
  durationMinutes: integer(15, 1440).describe('Length of the window, in minutes that pass, whatever the clock shows.'),
  timeZone: TimeZone.describe('Time zone of the days and the start, such as Europe/Berlin.'),
}).describe('A window of time that comes again each week.')

const Budget = object({
  lost: integer(0, 1000)
    .describe('Messages of the proof that may be lost. None may come twice or in another order.')
    .default(0),
  maxGapSeconds: integer(1, 60)
    .describe('Longest time until a message of the proof has arrived, in seconds, reconnects included.')
    .default(3),
  onSkipped: z
    .enum(['Continue', 'Hold'])
    .describe(
      'What follows where the proof cannot run, such as when a quota refuses its pod. Continue: the rollout goes on without it. Hold: the rollout waits, with the reason ProofSkipped.',
    )
    .default('Continue'),
}).describe('What the proof of a rollout allows.')

export const Rollout = object({
  progressDeadlineSeconds: integer(30, 3600)
    .describe(
      'Time in which a rollout must make progress, in seconds. A release that does not goes back to the last good one.',
    )
    .default(600),
  historyLimit: integer(1, 50)
    .describe(
      'Number of former releases whose records are kept. The one that runs and the last good one are kept always.',
    )
    .default(10),
  operatorUpdates: z
    .enum(['Manual', 'Auto'])
    .describe(
      'When pods get what a newer operator would render differently. Manual: with the next release, or when the annotation chat-app.com/update gets a new value. Auto: also by itself, in a window of schedule if there is one.',
    )
    .default('Manual'),
  // Without a default, so that an operator that does not know the field does not find it in every ChatApp.
  schedule: z
    .array(Window)
    .min(1)
    .max(7)
    .describe(
      'The windows in which updates of the operator are taken by operatorUpdates: Auto. A rollout begins only where the rest of a window is as long as a WebSocket pod may drain, and then goes on to its end. A change of the spec and the annotation chat-app.com/update do not wait. Default: updates are taken at any time.',
    )
    .optional(),
  proof: z
    .enum(['Enabled', 'Disabled'])
    .describe(
      'Whether a rollout proves that messages arrive: two users of its own chat across old and new pods, first before any pod is replaced, and then until the last old pod has left. A release that loses messages goes back.',
    )
    .default('Enabled'),
  budget: Budget.prefault({}),
})
  .describe('How new pods replace old ones.')
  .prefault({})
