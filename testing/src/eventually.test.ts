import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'

const differ = (): void => expect('one').toBe('other')
const fast = { timeoutMs: 200, everyMs: 5 }

test('gives the value of the first attempt that does not fail', async () => {
  let attempts = 0
  const check = (): string => {
    attempts++
    expect(attempts).toBeGreaterThan(2)
    return 'there'
  }
  expect(await eventually(check, fast)).toBe('there')
  expect(attempts).toBe(3)
})

test('false means not yet; other empty values are values', async () => {
  let open = false
  setTimeout(() => (open = true), 30)
  expect(await eventually(() => open, fast)).toBe(true)
  expect(await eventually(() => undefined, fast)).toBeUndefined()
  expect(await eventually(() => 0, fast)).toBe(0)
})

test('fails with what the last attempt said, and how long it tried', async () => {
  const error = await eventually(differ, fast).catch((error: Error) => error)
  expect(error).toMatchObject({ name: 'AssertionError', actual: 'one', expected: 'other' })
  expect((error as Error).message).toMatch(/^not within 0\.2 s \(\d+ attempts\): expected 'one' to be 'other'/)
})

test('fails when the condition stays false', async () => {
  await expect(eventually(() => false, fast)).rejects.toThrow(
    /not within 0\.2 s \(\d+ attempts\): the condition stayed false/,
  )
})

test('tries once even when there is no time', async () => {
  expect(await eventually(() => 'now', { timeoutMs: 0 })).toBe('now')
})
