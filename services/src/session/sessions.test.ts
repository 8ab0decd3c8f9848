import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { signToken } from '../../client/token.ts'
import type { Revocation } from '../store/revocations.ts'
import type { TokenState } from '../store/token-states.ts'
import { DatabaseClock } from './clock.ts'
import { Sessions, type SessionsOptions } from './sessions.ts'
import { Tokens } from './tokens.ts'

const secret = 'a secret of more than 32 characters'

beforeEach(() => {
  vi.useFakeTimers()
  // The cache takes the time 0 for none.
  vi.advanceTimersByTime(1)
})
afterEach(() => void vi.useRealTimers())

const ALICE: TokenState = {
  userId: 7,
  role: 'user',
  kind: 'user',
  generation: 3,
  isShut: false,
  isSessionOpen: true,
  isTokenRevoked: false,
  userRevokedAt: undefined,
}

/** Sessions over a database with one user and the revocations `stored`, and a count of its queries. */
function setUp(state: Partial<TokenState> | undefined = {}, purging: Promise<void> = Promise.resolve()) {
  const queries = { find: 0, added: 0, purge: 0 }
  const windows: number[] = []
  const ended: string[] = []
  const database = {
    stored: [] as Revocation[],
    state: state as Partial<TokenState> | undefined,
    open: new Set<string>(),
    isAway: false,
    clockMs: Date.now(),
  }
  const answer = <T>(value: T) => (database.isAway ? Promise.reject(new Error('away')) : Promise.resolve(value))
  const revocations: SessionsOptions['revocations'] = {
    added: (withinMs) => ((queries.added += 1), windows.push(withinMs), answer(database.stored)),
    now: () => answer(database.clockMs),
    purge: () => ((queries.purge += 1), purging),
    endSessions: (tokens) => (ended.push(...tokens), answer(undefined)),
  }
  const states: SessionsOptions['states'] = {
    find: () => ((queries.find += 1), answer(database.state && { ...ALICE, ...database.state })),
    openSessions: (users) => answer(users.length === 0 ? new Set() : database.open),
  }
  const clock = new DatabaseClock()
  const tokens = new Tokens({ secret, now: () => clock.now() })
  const announced = vi.fn()
  const sessions = new Sessions({ tokens, revocations, states, clock, announce: announced })
  return { sessions, tokens, queries, windows, ended, database, announced }
}

type SetUp = ReturnType<typeof setUp>

function sign({ tokens, sessions }: SetUp, changes: object = {}): Promise<string> {
  const issuedAt = sessions.now()
  const token = { user: 'alice', sessionId: 'one', generation: 3, issuedAt, expiresAt: issuedAt + 600_000 }
  return tokens.sign({ ...token, ...changes })
}

const REVOKED = { code: 'unauthorized', message: 'the token was revoked: log in again' }

test('expired revocations are purged about once an hour', async () => {
  const { sessions, queries } = setUp()
  sessions.follow(() => undefined)

  await vi.advanceTimersByTimeAsync(29 * 60_000)
  expect(queries.purge).toBe(0)
  await vi.advanceTimersByTimeAsync(62 * 60_000)
  expect(queries.purge).toBeGreaterThanOrEqual(1)
  expect(queries.purge).toBeLessThanOrEqual(3)
  sessions.stop()
})

test('a session has what its token says and what the database says of its user', async () => {
  const given = setUp({ role: 'staff' })
  expect(await given.sessions.verify(await sign(given))).toMatchObject({
    user: 'alice',
    userId: 7,
    role: 'staff',
    kind: 'user',
    sessionId: 'one',
  })
  const old = await given.sessions.verify(signToken(secret, 'alice'))
  expect(old).toMatchObject({ user: 'alice', userId: 7, role: 'staff' })
  expect(old.sessionId).toBeUndefined()
})

test('a token is looked up once a minute, however often it is used', async () => {
  const given = setUp()
  const { sessions, queries } = given
  const token = await sign(given)
  sessions.follow(() => undefined)

  const first = await sessions.verify(token)
  for (let use = 0; use < 3; use += 1) expect(await sessions.verify(token)).toEqual(first)
  expect(queries.find).toBe(1)

  await vi.advanceTimersByTimeAsync(59_000)
  await sessions.verify(token)
  expect(queries.find).toBe(1)
  await vi.advanceTimersByTimeAsync(2000)
  await sessions.verify(token)
  expect(queries.find).toBe(2)
  sessions.stop()
})

describe('a token is refused', () => {
  const sessionToken = (given: SetUp) => sign(given)
  const oldToken = () => Promise.resolve(signToken(secret, 'alice'))
  const now = () => Date.now()

  test.for([
    ['whose user is banned or deleted', { isShut: true }, sessionToken],
    ['whose user is banned or deleted, of release 0.1.0', { isShut: true }, oldToken],
    ['whose session has ended, or is that of another user', { isSessionOpen: false }, sessionToken],
    ['whose id was revoked', { isTokenRevoked: true }, sessionToken],
    ['whose id was revoked, of release 0.1.0', { isTokenRevoked: true }, oldToken],
    ['of an earlier generation', { generation: 4 }, sessionToken],
    ['of a later generation, as after a restore', { generation: 2 }, sessionToken],
    ['of release 0.1.0 from before a ban', { userRevokedAt: now() + 3_600_000 }, oldToken],
    ['of a user, for the account of a visitor', { kind: 'visitor' }, sessionToken],
  ] as [string, Partial<TokenState>, (given: SetUp) => Promise<string>][])('%s', async ([, state, token]) => {
    const given = setUp(state)
    await expect(given.sessions.verify(await token(given))).rejects.toMatchObject({ code: 'unauthorized' })
  })

  test('whose user does not exist', async () => {
    const given = setUp()
    given.database.state = undefined
    for (const token of [await sign(given), signToken(secret, 'alice')])
      await expect(given.sessions.verify(token)).rejects.toThrow('there is no such user')
  })
})

test('a revocation of the user ends no later token of release 0.1.0, and no token of its own generation', async () => {
  const given = setUp({ userRevokedAt: Date.now() - 3_600_000 })
  for (const token of [signToken(secret, 'alice'), await sign(given)])
    await expect(given.sessions.verify(token)).resolves.toMatchObject({ user: 'alice' })
})

test('a visitor is admitted only where visitors are named, and only with the account of one', async () => {
  const given = setUp({ kind: 'visitor' })
  const token = await given.tokens.signVisitor({ user: 'guest', generation: 3, inbox: 'shop' })
  await expect(given.sessions.verify(token)).rejects.toThrow('another audience')
  expect(await given.sessions.verify(token, { accepts: 'visitors too' })).toMatchObject({
    kind: 'visitor',
    inbox: 'shop',
  })
  await expect(given.sessions.verify(token)).rejects.toThrow('another audience')
  given.database.state = { kind: 'user' }
  given.sessions.changed()
  await expect(given.sessions.verify(token, { accepts: 'visitors too' })).rejects.toThrow('another kind of account')
})

test('a token that is revoked elsewhere is refused within a second, although it was looked up before', async () => {
  const given = setUp()
  const { sessions, database } = given
  const token = await sign(given)
  const { tokenId, expiresAt } = await sessions.verify(token)
  sessions.follow(() => undefined)

  database.stored.push({ kind: 'token', subject: tokenId, createdAt: Date.now(), expiresAt })
  database.state = { isTokenRevoked: true }
  await vi.advanceTimersByTimeAsync(1000)

  await expect(sessions.verify(token)).rejects.toMatchObject(REVOKED)
  sessions.stop()
})

test('an announcement is obeyed at once, and many are obeyed 20 times a second', async () => {
  const { sessions, queries, announced } = setUp()
  sessions.follow(() => undefined)
  for (let i = 0; i < 10; i += 1) sessions.hurry()
  await vi.advanceTimersByTimeAsync(60)
  expect(queries.added).toBe(1)
  for (let i = 0; i < 1000; i += 1) {
    sessions.hurry()
    await vi.advanceTimersByTimeAsync(1)
  }
  // However close together they are, they do not put it off.
  expect(queries.added).toBeGreaterThanOrEqual(18)
  expect(queries.added).toBeLessThanOrEqual(22)
  expect(announced).not.toHaveBeenCalled()
  sessions.changed()
  expect(announced).toHaveBeenCalledOnce()
  sessions.stop()
})

test('a ban ends the connections of a user but not those of sessions that go on', async () => {
  const given = setUp()
  const { sessions, database } = given
  const [kept, ended] = [
    await sessions.verify(await sign(given, { sessionId: 'kept' })),
    await sessions.verify(await sign(given, { sessionId: 'ended' })),
  ]
  const [before, bob] = [
    await sessions.verify(signToken(secret, 'alice')),
    await sessions.verify(await sign(given, { user: 'bob', sessionId: 'ofBob' })),
  ]
  const revoked: string[] = []
  sessions.onRevoked((isRevoked) => {
    for (const [name, session] of Object.entries({ kept, ended, before, bob }))
      if (isRevoked(session)) revoked.push(name)
  })
  sessions.follow(() => undefined)
  database.open = new Set(['kept'])
  database.stored.push({ kind: 'user', subject: 'alice', createdAt: Date.now() + 1, expiresAt: Infinity })
  await vi.advanceTimersByTimeAsync(1000)
  expect(revoked).toEqual(['ended', 'before'])
  sessions.stop()
})

test('new revocations take effect while expired ones are purged', async () => {
  const given = setUp({}, new Promise(() => undefined))
  const { sessions, queries, database } = given
  sessions.follow(() => undefined)
  await vi.advanceTimersByTimeAsync(91 * 60_000)
  expect(queries.purge).toBeGreaterThan(0)
  database.clockMs = Date.now()
  await vi.advanceTimersByTimeAsync(1000)
  const token = await sign(given)
  const { tokenId, expiresAt } = await sessions.verify(token)

  database.stored.push({ kind: 'token', subject: tokenId, createdAt: Date.now(), expiresAt })
  database.state = { isTokenRevoked: true }
  await vi.advanceTimersByTimeAsync(1000)

  await expect(sessions.verify(token)).rejects.toMatchObject(REVOKED)
  sessions.stop()
})

test('a clock that is set back changes neither the time of the look-ups nor the window of the revocations', async () => {
  const given = setUp()
  const { sessions, queries, windows } = given
  const token = await sign(given)
  await sessions.verify(token)
  sessions.follow(() => undefined)
  await vi.advanceTimersByTimeAsync(30_000)
  vi.setSystemTime(Date.now() - 3_600_000)
  await vi.advanceTimersByTimeAsync(31_000)

  await sessions.verify(token)
  expect(queries.find).toBe(2)
  expect(Math.min(...windows)).toBeGreaterThan(10_000)
  sessions.stop()
})

test("tokens expire by the database's clock", async () => {
  const given = setUp()
  const { sessions, database } = given
  database.clockMs = Date.now() + 300_000
  sessions.follow(() => undefined)
  await vi.advanceTimersByTimeAsync(1000)
  expect(Math.abs(sessions.now() - database.clockMs)).toBeLessThan(1000)
  const token = await sign(given)
  await vi.advanceTimersByTimeAsync(100)
  expect(await sessions.verify(token)).toMatchObject({ user: 'alice' })
  database.clockMs += 606_000
  await vi.advanceTimersByTimeAsync(10_000)
  await expect(sessions.verify(token)).rejects.toThrow('has expired')
  sessions.stop()
})

test('while revocations cannot be read, known tokens are admitted for 30 s and then none', async () => {
  const given = setUp()
  const { sessions, database } = given
  const token = await sign(given)
  await sessions.verify(token)
  sessions.follow(() => undefined)
  await vi.advanceTimersByTimeAsync(1000)
  database.isAway = true

  await vi.advanceTimersByTimeAsync(29_000)
  await sessions.verify(token)
  await vi.advanceTimersByTimeAsync(2000)
  await expect(sessions.verify(token)).rejects.toMatchObject({ code: 'unavailable' })

  database.isAway = false
  await sessions.verify(token)
  sessions.stop()
})

test('the session of a revoked token ends once, so that it does not go on when the revocation is removed', async () => {
  const { sessions, database, ended, queries } = setUp()
  const revoked = { createdAt: 0, expiresAt: 1 }
  database.stored = [
    { kind: 'token', subject: 'one', ...revoked },
    { kind: 'user', subject: 'alice', ...revoked },
  ]
  vi.useFakeTimers()
  sessions.follow((error) => expect.fail(String(error)))
  await vi.advanceTimersByTimeAsync(3500)
  sessions.stop()
  expect(queries.added).toBe(3)
  expect(ended).toEqual(['one'])
})
