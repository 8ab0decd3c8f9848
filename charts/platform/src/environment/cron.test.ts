import { expect, test } from 'vitest'
import { cron, longestGapDays } from './cron.ts'

test.each(['0 2 * * *', '*/15 0-6,22,23 1 1-12/3 0,6', '59 23 31 12 6', '0 2 29 2 */3'])('%s is a schedule', (text) => {
  expect(cron.safeParse(text).success).toBe(true)
})

test.each([
  ['daily', 'five fields'],
  ['0 2 * *', 'five fields'],
  ['0  2 * * *', 'five fields'],
  ['60 2 * * *', 'the minute must be *, or of 0 to 59'],
  ['0 24 * * *', 'the hour must be'],
  ['0 2 0 * *', 'the day of the month must be *, or of 1 to 31'],
  ['0 2 * 13 *', 'the month must be'],
  ['0 2 * * 7', 'the day of the week must be *, or of 0 to 6'],
  ['0 9-8 * * *', 'the hour must be'],
  ['*/0 2 * * *', 'the minute must be'],
  ['0 2 * * SUN', 'the day of the week must be'],
  ['0 2 30 2 *', 'no month of it has such a day'],
  ['0 2 31 4,6 *', 'no month of it has such a day'],
  ['0 2 1, * *', 'the day of the month must be'],
  ['0 2 L * *', 'the day of the month must be'],
  ['0 2 * JAN *', 'the month must be'],
  ['0 2 * * 5-7', 'the day of the week must be'],
])('%s is refused: %s', (text, message) => {
  expect(cron.safeParse(text).error?.issues[0]?.message).toContain(message)
})

test.each([
  [['0 2 * * *'], 1],
  [['0 2 */2 * *'], 2],
  [['0 3 * * 0'], 7],
  [['0 4 1 * *'], 31],
  [['0 4 1 * 0'], 7],
  [['0 4 */2 * 0'], 2],
  [['0 4 */1 * 0'], 7],
  [['0 4 5/10 * *'], 11],
  [['0 4 29 2 *'], 1461],
  [['0 4 1 * *', '0 4 15 * *'], 17],
])('%j runs at least every %i days', (schedules, days) => {
  expect(longestGapDays(schedules)).toBe(days)
})
