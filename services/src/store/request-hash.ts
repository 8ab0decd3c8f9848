import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { EventRow } from './event-rows.ts'
import type { NewEvent } from './new-event.ts'

const HASH_BYTES = 16

type Request = Pick<NewEvent, 'kind' | 'target' | 'audience' | 'body' | 'data'>

/**
 * The hash of what a sender asked to store, by which the same client id with another request is told from a repeat. It is
 * keyed, so that the row of a recalled message does not tell its text to whoever guesses it.
 */
export function requestHash(key: Buffer, { kind, target, audience, body, data }: Request): Buffer {
  const request = JSON.stringify([kind, target ?? null, audience ?? 'all', body, data ?? null])
  return createHmac('sha256', keyObject(key)).update(request).digest().subarray(0, HASH_BYTES)
}

/** A key object takes five times as long to make as the hash. */
const keyObjects = new WeakMap<Buffer, KeyObject>()

function keyObject(key: Buffer): KeyObject {
  const known = keyObjects.get(key)
  if (known) return known
  const made = createSecretKey(key)
  keyObjects.set(key, made)
  return made
}

/** What was asked when an event was stored that has not changed since. */
export function storedRequest({ kind, target, audience, body, data }: StoredRequest): Request {
  return { kind, audience, body, ...(target !== null && { target }), ...(data !== null && { data }) }
}

type StoredRequest = Pick<EventRow, 'kind' | 'target' | 'audience' | 'body' | 'data'>
