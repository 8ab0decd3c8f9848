import { hash } from 'bcrypt'
import { describe, expect, test } from 'vitest'
import { Passwords } from './passwords.ts'

const COST = 4
const passwords = new Passwords(COST)
const ADDRESS = '192.0.2.1'
const made = (password: string, user = 'alice') => passwords.hash(password, user, ADDRESS)
const check = (password: string, stored?: string) => passwords.check(password, stored, ADDRESS)

const RIGHT = { isRight: true, isOutdated: false }
const WRONG = { isRight: false, isOutdated: false }

describe('a password', () => {
  test('is compared with its hash', async () => {
    const stored = await made('correct horse')
    expect(await check('correct horse', stored)).toEqual(RIGHT)
    expect(await check('correct hors', stored)).toEqual(WRONG)
    expect(await check('correct horse\0', stored)).toEqual(WRONG)
    expect(await check('correct horse')).toEqual(WRONG)
  })

  test('counts to its last character, also behind the 72 bytes that bcrypt takes', async () => {
    const long = 'x'.repeat(72)
    const stored = await made(`${long}1`)
    expect(stored.length).toBeLessThanOrEqual(100)
    expect(await check(`${long}1`, stored)).toEqual(RIGHT)
    expect(await check(`${long}2`, stored)).toEqual(WRONG)
    expect(await check(long, stored)).toEqual(WRONG)
    expect(await check(`${long}1`, await made(long))).toEqual(WRONG)
  })

  test('is the same in each form of Unicode', async () => {
    const [composed, decomposed] = ['straße-caf\u00e9', 'straße-cafe\u0301']
    expect(await check(decomposed, await made(composed))).toEqual(RIGHT)
    expect(await check(composed, await made(decomposed))).toEqual(RIGHT)
  })

  test('whose hash is of a former release is right, and outdated where its cost is lower or its form another', async () => {
    const decomposed = 'cafe\u0301-latte'
    expect(await check(decomposed, await hash(decomposed, COST))).toEqual({ isRight: true, isOutdated: true })
    expect(await check('correct horse', await hash('correct horse', COST))).toEqual(RIGHT)
    const costly = new Passwords(COST + 1)
    const stored = await made('correct horse')
    expect(await costly.check('correct horse', stored, ADDRESS)).toEqual({ isRight: true, isOutdated: true })
  })
})

test('a wrong password takes as long for a hash of a lower cost as for a name that nobody has', async () => {
  const cost = 10
  const costly = new Passwords(cost)
  const stored = await hash('correct horse', cost - 2)
  const tookMs = async (known: string | undefined) => {
    const startedAt = performance.now()
    for (let i = 0; i < 5; i += 1) await costly.check('wrong horse', known, ADDRESS)
    return performance.now() - startedAt
  }
  await costly.check('first', undefined, ADDRESS)
  const ratios: number[] = []
  for (let i = 0; i < 5; i += 1) ratios.push((await tookMs(stored)) / (await tookMs(undefined)))
  const median = ratios.toSorted((a, b) => a - b)[2] ?? 0
  // Without the rest it is a quarter.
  expect(median).toBeGreaterThan(0.6)
  expect(median).toBeLessThan(1.7)
})

describe('a new password', () => {
  test.each([
    ['that is short', 'short 7', 'must have at least 8 characters'],
    ['of seven characters that have two halves', '\u{1f600}'.repeat(7), 'must have at least 8 characters'],
    ['that is too long', 'x'.repeat(1025), 'must have at most 1024 bytes'],
    ['with a NUL', 'correct\0horse', 'must not have a NUL character'],
    ['with half of a surrogate pair', 'correct \ud800 horse', 'is not valid Unicode'],
    ['that many people use', 'Password1', 'is a common password'],
    ['that many people use, in wide letters', 'ｐａｓｓｗｏｒｄ１', 'is a common password'],
  ])('%s is refused', async (_what, password, message) => {
    await expect(made(password)).rejects.toMatchObject({ code: 'bad_request', field: 'password' })
    await expect(made(password)).rejects.toThrow(message)
  })

  test('that is the name of its user is refused', async () => {
    for (const password of ['alice-cooper', 'ALICE-COOPER'])
      await expect(made(password, 'Alice-Cooper')).rejects.toThrow('must not be the name of the user')
    await expect(made('alice-cooper', 'bob')).resolves.toMatch(/^\$2b\$04\$/)
  })
})

test('200 wrong passwords of one address delay the log-in of another by one', async () => {
  const stored = await made('correct horse')
  const attack = Promise.allSettled(Array.from({ length: 200 }, () => passwords.check('wrong horse', stored, ADDRESS)))
  const order: string[] = []
  const waiting = passwords.check('wrong horse', stored, '192.0.2.2').then(() => order.push('honest'))
  void attack.then(() => order.push('attack'))
  await waiting
  expect(order).toEqual(['honest'])
  const results = await attack
  const refused = results.filter(({ status }) => status === 'rejected')
  expect(refused.length).toBeGreaterThan(120)
  expect(new Set(refused.map((result) => (result as PromiseRejectedResult).reason.code))).toEqual(
    new Set(['rate_limited']),
  )
})
