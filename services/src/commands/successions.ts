import type { Messages } from '../room/messages.ts'
import { Departures } from '../room/departures.ts'
import { Successions } from '../room/successions.ts'
import { AccountWork } from '../store/account-work.ts'
import { messageOf } from '../support/errors.ts'
import { SUCCESSION_INTERVAL_MS } from '../support/limits.ts'
import type { Logger } from '../support/log.ts'
import { Periodic } from '../support/periodic.ts'
import { throttledWarn } from '../support/throttled.ts'
import type { Backend } from './backend.ts'

/** What is done at once after a ban or a deletion, and again and again for what another process has left. */
export function openSuccessions(
  { database, features }: Pick<Backend, 'database' | 'features'>,
  messages: Messages,
  log: Logger,
): { readonly successions: Successions; readonly periodic: Periodic } {
  const warn = throttledWarn(log)
  const onError = (error: unknown) =>
    warn(
      { error: messageOf(error) },
      'rooms of users who were banned or deleted have no other owner yet, or have a deleted member',
    )
  const work = new AccountWork(database)
  const departures = new Departures({ work, messages })
  const successions = new Successions({ work, messages, features, departures, onError })
  const periodic = new Periodic({ intervalMs: SUCCESSION_INTERVAL_MS, work: () => successions.run(), onError })
  return { successions, periodic }
}
