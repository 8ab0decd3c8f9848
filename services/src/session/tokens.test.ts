import { SignJWT, type JWTPayload } from 'jose'
import { describe, expect, test } from 'vitest'
import { signToken } from '../../client/token.ts'
import { Tokens } from './tokens.ts'

const old = 'an old secret of more than 32 characters'
const current = 'the new secret of more than 32 characters'
const signed = (payload: JWTPayload, header: object) =>
  new SignJWT({ iss: 'chat-app', sub: 'alice', jti: 'one', ...payload })
    .setProtectedHeader({ alg: 'HS256', ...header })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(Buffer.from(current))
const tokens = (secret: string, previousSecret?: string) => new Tokens({ secret, previousSecret, expirationHours: 24 })

describe('a token', () => {
  test('has the user who it was issued to, and is valid for 24 hours', async () => {
    const { token, session } = await tokens(current).sign('alice')
    expect(await tokens(current).verify(token)).toEqual(session)
    expect(session.expiresAt - session.issuedAt).toBe(86_400_000)
  })

  test('of the previous secret is accepted while that is set', async () => {
    const { token } = await tokens(old).sign('alice')
    expect(await tokens(current, old).verify(token)).toMatchObject({ user: 'alice' })
    await expect(tokens(current).verify(token)).rejects.toThrow('not signed by this system')
  })

  test('is signed with the new secret after a rotation', async () => {
    const service = tokens(old)
    service.rotate(current, old)
    expect(await tokens(current).verify((await service.sign('alice')).token)).toMatchObject({ user: 'alice' })
  })

  test('that the reference client signs is accepted', async () => {
    expect(await tokens(current).verify(signToken(current, 'load-1'))).toMatchObject({ user: 'load-1' })
  })

  test('of a former release, which states no purpose, is accepted', async () => {
    expect(await tokens(current).verify(await signed({}, {}))).toMatchObject({ user: 'alice' })
  })

  test.for([
    ['for another audience', { aud: 'widget' }, { typ: 'at+jwt' }, 'is for another audience'],
    ['for several audiences', { aud: ['chat-app', 'widget'] }, { typ: 'at+jwt' }, 'is for another audience'],
    ['of another type', { aud: 'chat-app' }, { typ: 'refresh+jwt' }, 'is of another type'],
    ['of a type alone', {}, { typ: 'at+jwt' }, 'has an audience or a type alone'],
    ['for an audience alone', { aud: 'chat-app' }, {}, 'has an audience or a type alone'],
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
