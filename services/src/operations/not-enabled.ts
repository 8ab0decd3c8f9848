import { AppError } from '../support/errors.ts'
import { FEATURE_SETTLE_MS, NOT_ENABLED_RETRY_SECONDS } from '../support/limits.ts'
import type { Call } from './call.ts'

const SETTLE_SECONDS = FEATURE_SETTLE_MS / 1000

/** The refusal of what not all pods can do yet. Nothing was begun, so what the client sends after it need not wait. */
export class NotEnabled extends AppError {
  constructor(field: string | undefined, isOn: boolean) {
    super(
      'unavailable',
      isOn
        ? `this was enabled less than ${SETTLE_SECONDS} s ago, and not all processes may know of it: try again`
        : 'this is not enabled while processes of the release before may run: finish the rollout, and enable it',
      field,
      { retryAfterSeconds: isOn ? SETTLE_SECONDS : NOT_ENABLED_RETRY_SECONDS },
    )
  }
}

/** @param field what asks for it @throws NotEnabled, AppError `unavailable` */
export function requireTypedEvents({ services }: Pick<Call, 'services'>, field?: string): void {
  const { features } = services
  if (!features.isOnEverywhere) throw new NotEnabled(field, features.isOn)
}
