import { expect, test } from 'vitest'
import { ApiError, ConnectionError } from '../runtime/errors.ts'
import { classify, Stalled, Waiting } from './failure.ts'

test.each([
  [new Stalled('ForeignObject', 'it belongs to Helm', 5), { kind: 'stalled', reason: 'ForeignObject', retryMs: 5 }],
  [new Waiting('WaitingForDeletion', 'it is being deleted'), { kind: 'waiting', reason: 'WaitingForDeletion' }],
  [new ApiError('unknown field "spec.x"', 400), { kind: 'stalled', reason: 'InvalidObject', retryMs: 60_000 }],
  [new ApiError('invalid', 422, 'Invalid'), { kind: 'stalled', reason: 'InvalidObject', retryMs: 60_000 }],
  [
    new ApiError('failed to create typed patch object: .spec.x: field not declared in schema', 500),
    { kind: 'stalled' },
  ],
  [
    new ApiError("quantities must match the regular expression '^x$'", 500),
    { kind: 'stalled', reason: 'InvalidObject', retryMs: 60_000 },
  ],
  [
    new ApiError('admission webhook "w.example.com" denied the request: no', 403, 'Forbidden'),
    { kind: 'stalled', reason: 'InvalidObject' },
  ],
  [
    new ApiError('Internal error occurred: failed calling webhook "w.example.com": deadline exceeded', 500),
    { kind: 'transient', reason: 'WebhookUnavailable' },
  ],
  [new ApiError('exceeded quota', 403, 'Forbidden'), { kind: 'transient', reason: 'Forbidden' }],
  [new ApiError('the object has been modified', 409, 'Conflict'), { kind: 'transient', reason: 'Conflict' }],
  [new ApiError('etcd is not available', 500), { kind: 'transient', reason: 'ApiServerError' }],
  [new ConnectionError('ECONNREFUSED'), { kind: 'transient', reason: 'ApiServerUnreachable' }],
  [new TypeError('x is undefined'), { kind: 'transient', reason: 'InternalError', message: 'x is undefined' }],
  ['a text', { kind: 'transient', message: 'a text' }],
])('%s', (error, expected) => {
  expect(classify(error)).toMatchObject(expected)
})
