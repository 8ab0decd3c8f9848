import { createHmac } from 'node:crypto'
import type { NewEvent } from './new-event.ts'

const HASH_BYTES = 16

/**
 * The hash of what a sender asked to store, by which the same client id with another request is told from a repeat. It is
 * keyed, so that the row of a recalled message does not tell its text to whoever guesses it.
 */
export function requestHash(key: Buffer, { kind, target, audience, body, data }: NewEvent): Buffer {
  const request = JSON.stringify([kind, target ?? null, audience ?? 'all', body, data ?? null])
  return createHmac('sha256', key).update(request).digest().subarray(0, HASH_BYTES)
}
