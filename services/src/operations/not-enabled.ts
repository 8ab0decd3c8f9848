import { AppError } from '../support/errors.ts'
import { NOT_ENABLED_RETRY_SECONDS } from '../support/limits.ts'
import type { Call } from './call.ts'

/** The refusal of what not all pods can do yet. Nothing was begun, so what the client sends after it need not wait. */
export class NotEnabled extends AppError {
  constructor(field?: string) {
    super(
      'unavailable',
      'this is not enabled while processes of the release before may run: finish the rollout, and enable it',
      field,
      { retryAfterSeconds: NOT_ENABLED_RETRY_SECONDS },
    )
  }
}

/** @param field what asks for it @throws NotEnabled */
export function requireTypedEvents({ services }: Pick<Call, 'services'>, field?: string): void {
  if (!services.features.isOn) throw new NotEnabled(field)
}
