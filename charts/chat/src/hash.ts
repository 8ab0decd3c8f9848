import { createHash } from 'node:crypto'
import { canonical } from './canonical.ts'

/** 64 bits: enough that two versions of one object do not collide. */
const HASH_CHARACTERS = 16

/** SHA-256 in hexadecimal digits. */
export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

/** A hash of JSON that does not depend on the order of fields. */
export function hashOf(value: unknown): string {
  return sha256(canonical(value)).slice(0, HASH_CHARACTERS)
}
