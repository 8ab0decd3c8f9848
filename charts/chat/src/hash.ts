import { createHash } from 'node:crypto'
import { canonical } from './canonical.ts'

/** 64 bits: enough that two versions of one object do not collide. */
const HASH_CHARACTERS = 16

/** A hash of JSON that does not depend on the order of fields. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, HASH_CHARACTERS)
}
