import { randomBytes } from 'node:crypto'

/** A DNS label that no other test uses, in this run or another, such as `test-3f9a1c0b2d`. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`
}
