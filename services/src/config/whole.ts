import { z } from 'zod'

/** A whole number within bounds, also as text. */
export function whole(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`
  return z.coerce.number(rule).int(rule).min(min, rule).max(max, rule)
}
