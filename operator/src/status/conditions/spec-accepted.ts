import type { Failure } from '../../plan/failure.ts'
import type { Verdict } from '../verdict.ts'

/** False while a field of the spec is ignored or holds its part; there is no such condition without one. */
export function specAccepted(specFaults: readonly Failure[]): Verdict[] {
  const [first] = specFaults
  if (first === undefined) return []
  const message = specFaults.map((fault) => fault.message).join('; ')
  return [{ type: 'SpecAccepted', status: 'False', reason: first.reason, message }]
}
