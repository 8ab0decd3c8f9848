import { createSecretKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { RefreshState } from '../store/device-sessions.ts'
import { decide, formatRefreshToken, hashOf, newSecret, parseRefreshToken } from './refresh-tokens.ts'

const key = createSecretKey(Buffer.from('a secret of more than 32 characters'))
const other = createSecretKey(Buffer.from('another secret of more than 32 characters'))
const deviceHash = hashOf('a key of the device')

function session(secret: Buffer, changes: Partial<RefreshState> = {}): RefreshState {
  return {
    user: 'alice',
    generation: 0,
    refreshHash: hashOf(secret),
    previousHash: undefined,
    deviceHash,
    refreshedAt: 1_000_000,
    expiresAt: 90_000_000,
    now: 1_000_000,
    ...changes,
  }
}

/** The session after its token `used` was used. */
function after(used: Buffer, next: Buffer | undefined, agoMs: number): RefreshState {
  return session(next ?? used, { previousHash: hashOf(used), now: 1_000_000 + agoMs })
}

const END = { decision: { kind: 'end' }, next: undefined }

describe('a refresh token', () => {
  const secret = newSecret()
  const first = decide(session(secret), { secret, deviceHash }, [key])

  test('is followed by another one', () => {
    expect(first?.decision).toEqual({ kind: 'next', hash: hashOf(first?.next ?? '') })
    expect(first?.next).not.toEqual(secret)
    expect(first?.next).toHaveLength(32)
  })

  test('gives the same device the same successor for a minute', () => {
    for (const agoMs of [0, 60_000]) {
      const again = decide(after(secret, first?.next, agoMs), { secret, deviceHash }, [key])
      expect(again).toEqual({ decision: { kind: 'same' }, next: first?.next })
    }
  })

  test('gives it also after the keys were rotated, and nothing yet where the new key has not arrived', () => {
    const state = after(secret, first?.next, 1000)
    expect(decide(state, { secret, deviceHash }, [other, key])?.next).toEqual(first?.next)
    expect(decide(state, { secret, deviceHash }, [other])).toBeUndefined()
  })

  test('ends the session when it is used again later', () => {
    expect(decide(after(secret, first?.next, 60_001), { secret, deviceHash }, [key])).toEqual(END)
  })

  test('ends the session when it is older than the one before, or none of the session', () => {
    const second = decide(after(secret, first?.next, 0), { secret: first?.next ?? secret, deviceHash }, [key])
    const state = session(second?.next ?? secret, { previousHash: hashOf(first?.next ?? '') })
    expect(decide(state, { secret, deviceHash }, [key])).toEqual(END)
    expect(decide(state, { secret: newSecret(), deviceHash }, [key])).toEqual(END)
  })

  test('ends the session when another device uses it', () => {
    for (const foreign of [undefined, hashOf('a key of another one')]) {
      expect(decide(session(secret), { secret, deviceHash: foreign }, [key])).toEqual(END)
      expect(decide(after(secret, first?.next, 0), { secret, deviceHash: foreign }, [key])).toEqual(END)
    }
  })

  test('of a client that has named no device needs no key', () => {
    const state = session(secret, { deviceHash: undefined })
    expect(decide(state, { secret, deviceHash: undefined }, [key])?.decision.kind).toBe('next')
  })

  test('has a text, from which it is read again', () => {
    const token = { sessionId: 'abcdefghijklmnopqrstu-', secret }
    expect(parseRefreshToken(formatRefreshToken(token))).toEqual(token)
    for (const text of ['', 'x', `${formatRefreshToken(token)}x`, formatRefreshToken(token).slice(1)])
      expect(parseRefreshToken(text)).toBeUndefined()
  })
})
