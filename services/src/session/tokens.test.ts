import { SignJWT, type JWTPayload } from 'jose'
import { describe, expect, test } from 'vitest'
import { signToken } from '../../client/token.ts'
import { VISITOR_TOKEN_SECONDS } from '../support/limits.ts'
import { Tokens } from './tokens.ts'

const old = 'an old secret of more than 32 characters'
const current = 'the new secret of more than 32 characters'
const signed = (payload: JWTPayload, header: object) =>
  new SignJWT({ iss: 'chat-app', sub: 'alice', jti: 'one', ...payload })
    .setProtectedHeader({ alg: 'HS256', ...header })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(Buffer.from(current))
const tokens = (secret: string, previousSecret?: string) => new Tokens({ secret, previousSecret })
const OF_SESSION = { aud: 'chat-app' }
const TYPED = { typ: 'at+jwt' }

/** A token of a session, of whole seconds. */
function token(user = 'alice', sessionId = 'aSession') {
  const issuedAt = Math.floor(Date.now() / 1000) * 1000
  return { user, sessionId, generation: 3, issuedAt, expiresAt: issuedAt + 600_000 }
}

describe('a token', () => {
  test('has the user, the session and the generation that it was issued to', async () => {
    const issued = token()
    // A process of release 0.1.0 revokes it by this id.
    const claims = { ...issued, tokenId: issued.sessionId }
    expect(await tokens(current).verify(await tokens(current).sign(issued))).toEqual(claims)
  })

  test('of the previous secret is accepted while that is set', async () => {
    const issued = await tokens(old).sign(token())
    expect(await tokens(current, old).verify(issued)).toMatchObject({ user: 'alice' })
    await expect(tokens(current).verify(issued)).rejects.toThrow('not signed by this system')
  })

  test('is signed with the new secret after a rotation', async () => {
    const service = tokens(old)
    service.rotate(current, old)
    expect(await tokens(current).verify(await service.sign(token()))).toMatchObject({ user: 'alice' })
  })

  test('that the reference client signs is accepted, without a session', async () => {
    const claims = await tokens(current).verify(signToken(current, 'load-1'))
    expect(claims).toMatchObject({ user: 'load-1' })
    expect(Object.keys(claims)).not.toContain('sessionId')
  })

  test('of a former release, which states no purpose, is accepted', async () => {
    expect(await tokens(current).verify(await signed({}, {}))).toMatchObject({ user: 'alice' })
  })

  test('expires by the clock that is given, and not by that of the process', async () => {
    const issued = token()
    const at = (now: number) => new Tokens({ secret: current, now: () => now })
    const text = await at(0).sign({ ...issued, issuedAt: 0, expiresAt: 600_000 })
    expect(await at(599_000).verify(text)).toMatchObject({ user: 'alice' })
    await expect(at(606_000).verify(text)).rejects.toThrow('has expired')
    await expect(tokens(current).verify(text)).rejects.toThrow('has expired')
  })

  test.for([
    ['for another audience', { aud: 'widget' }, TYPED, 'is for another audience'],
    ['for several audiences', { aud: ['chat-app', 'widget'] }, TYPED, 'is for another audience'],
    ['of another type', OF_SESSION, { typ: 'refresh+jwt' }, 'is of another type'],
    ['of a type alone', {}, TYPED, 'has an audience or a type alone'],
    ['for an audience alone', OF_SESSION, {}, 'has an audience or a type alone'],
    ['of a session without a generation', { ...OF_SESSION, sid: 'one' }, TYPED, 'has no valid session'],
    ['of a generation without a session', { ...OF_SESSION, gen: 1 }, TYPED, 'has no valid session'],
    ['of a generation that is no number', { ...OF_SESSION, sid: 'one', gen: '1' }, TYPED, 'has no valid session'],
  ] as [string, JWTPayload, object, string][])('%s is refused', async ([, payload, header, reason]) => {
    await expect(tokens(current).verify(await signed(payload, header))).rejects.toThrow(reason)
  })

  test.for([
    ['expired', () => signToken(current, 'alice', { lifetimeSeconds: -10 }), 'has expired'],
    ['of an invalid user', () => signToken(current, 'a b'), 'has no valid user name'],
    ['cut', () => signToken(current, 'alice').slice(0, -5), 'not signed by this system'],
    ['nonsense', () => 'x.y.z', 'is not a valid token'],
    ['empty', () => '', 'is not a valid token'],
    ['too long', () => 'x'.repeat(5000), 'is too long'],
  ] as [string, () => string, string][])('that is %s is refused with the reason', async ([, token, reason]) => {
    await expect(tokens(current, old).verify(token())).rejects.toThrow(
      expect.objectContaining({ code: 'unauthorized', message: expect.stringContaining(reason) }),
    )
  })
})

describe('a token of a visitor', () => {
  const visitor = { user: 'visitor-1', generation: 0, inbox: 'shop' }

  test('is refused where visitors are not named, and is bound to its inbox', async () => {
    const text = await tokens(current).signVisitor(visitor)
    await expect(tokens(current).verify(text)).rejects.toThrow('is for another audience')
    const claims = await tokens(current).verify(text, { accepts: 'visitors too' })
    expect(claims).toMatchObject(visitor)
    expect(claims.expiresAt - claims.issuedAt).toBe(VISITOR_TOKEN_SECONDS * 1000)
  })

  test('without an inbox is refused also where visitors are named', async () => {
    const text = await signed({ aud: 'widget', gen: 0 }, TYPED)
    await expect(tokens(current).verify(text, { accepts: 'visitors too' })).rejects.toThrow('is bound to no inbox')
  })
})
