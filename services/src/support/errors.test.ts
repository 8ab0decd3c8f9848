import { expect, test } from 'vitest'
import { AppError, type ErrorCode } from './errors.ts'
import { RETRY_AFTER_SECONDS } from './limits.ts'

const CODES: ErrorCode[] = [
  'bad_request',
  'unauthorized',
  'forbidden',
  'not_found',
  'conflict',
  'too_large',
  'rate_limited',
  'refused',
  'unavailable',
  'internal',
]

test.for(CODES)('the answer to %s says when to try again if and only if its status is 503 or 429', (code) => {
  const { status, headers } = new AppError(code, 'no')
  expect('Retry-After' in headers).toBe(status === 503 || status === 429)
})

test('the time to try again is the known one, else a random one', () => {
  const known = new AppError('rate_limited', 'no', undefined, { retryAfterSeconds: 42 })
  expect(known.headers).toEqual({ 'Retry-After': '42' })
  expect(known.body).toEqual({ code: 'rate_limited', message: 'no', retryAfterSeconds: 42 })

  const unknown = new AppError('unavailable', 'no')
  expect(unknown.body).not.toHaveProperty('retryAfterSeconds')
  const seconds = new Set(Array.from({ length: 200 }, () => Number(unknown.headers['Retry-After'])))
  const { least, most } = RETRY_AFTER_SECONDS
  expect([...seconds].toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: most - least + 1 }, (_, index) => least + index),
  )
})
