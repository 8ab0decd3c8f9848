import type { Model } from '@chat-app/chat'
import { secretFaults, type SecretFault } from '../../observe/secret-faults.ts'
import type { Subject } from '../operator.ts'

/** Finds what is wrong with the Secrets that the ChatApp names. */
export function checkSecrets({ operator, model }: Subject & { readonly model: Model }): {
  secretFaults: readonly SecretFault[]
} {
  return { secretFaults: secretFaults(model, (name) => operator.world.secret(model.namespace, name)) }
}
