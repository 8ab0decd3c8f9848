import { describe, expect, test } from 'vitest'
import { apiError, isUnservedKind } from './errors.ts'

const STATUS = (reason: string, message: string) => JSON.stringify({ kind: 'Status', reason, message })

describe('a kind is not served', () => {
  test.each([
    ['when its path is unknown', 404, '404 page not found\n', true],
    ['when it takes no writes', 405, STATUS('MethodNotAllowed', 'the server does not allow this method'), true],
    [
      'while its definition is being removed',
      403,
      STATUS(
        'Forbidden',
        'servicemonitors.monitoring.coreos.com "a" is forbidden: create not allowed while custom resource definition is terminating',
      ),
      true,
    ],
    ['but not when only the object is missing', 404, STATUS('NotFound', 'servicemonitors "a" not found'), false],
    ['but not when a right is missing', 403, STATUS('Forbidden', 'User "a" cannot create resource "b"'), false],
    ['but not on another error', 500, 'error', false],
  ])('%s', (_when, status, body, isUnserved) => {
    expect(isUnservedKind(apiError('PATCH /x', status, body))).toBe(isUnserved)
  })
})
