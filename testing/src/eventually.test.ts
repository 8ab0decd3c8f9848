import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'

const differ = (): void => expect('one').toBe('other')
const fast = { timeoutMs: 200, everyMs: 5 }

test('returns the value of the first attempt that does not fail', async () => {
  let attempts = 0
  const check = (): string => {
    attempts++
    expect(attempts).toBeGreaterThan(2)
    return 'there'
  }
  expect(await eventually(check, fast)).toBe('there')
  expect(attempts).toBe(3)
})

test('retries on false, and returns any other falsy value', async () => {
  let open = false
  setTimeout(() => (open = true), 30)
  expect(await eventually(() => open, fast)).toBe(true)
  expect(await eventually(() => undefined, fast)).toBeUndefined()
  expect(await eventually(() => 0, fast)).toBe(0)
})

test('rejects with the error of the last attempt, the time and the number of attempts', async () => {
  const error = await eventually(differ, fast).catch((error: Error) => error)
  expect(error).toMatchObject({ name: 'AssertionError', actual: 'one', expected: 'other' })
  expect((error as Error).message).toMatch(/^not within 0\.2 s \(\d+ attempts\): expected 'one' to be 'other'/)
})

test('rejects when the check returns false until the time is over', async () => {
  await expect(eventually(() => false, fast)).rejects.toThrow(
    /not within 0\.2 s \(\d+ attempts\): the condition stayed false/,
  )
})

test('tries once when the time limit is 0', async () => {
  expect(await eventually(() => 'now', { timeoutMs: 0 })).toBe('now')
})
