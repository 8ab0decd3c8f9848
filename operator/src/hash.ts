import { canonical } from '@chat-app/chat'
import { createHash } from 'node:crypto'

/** A hash of JSON that does not depend on the order of fields. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16)
}
