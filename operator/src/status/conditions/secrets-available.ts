import type { Observed } from '../../observe/observed.ts'
import type { State } from '../verdict.ts'

/** Whether every Secret that the pods mount exists and can be used. Never quotes a value. */
export function secretsAvailable({ model, secretFaults }: Observed): State {
  const [first] = secretFaults
  if (first === undefined) {
    const names = [...new Set(model.secrets.map(({ name }) => name))]
    return { status: 'True', reason: 'Available', message: `Secrets ${names.join(', ')} are complete` }
  }
  return { status: 'False', reason: first.reason, message: secretFaults.map(({ message }) => message).join('; ') }
}
