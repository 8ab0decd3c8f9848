import type { Database } from '../store/database.ts'
import { expiredEvent, expiring, type ExpiredEvent } from '../store/expiry.ts'
import type { Features } from '../store/features.ts'
import type { Position } from '../store/new-event.ts'
import { purge, type Purged } from '../store/purge.ts'
import { paced } from '../support/paced.ts'

/**
 * Stores an event of the kind `expired` for each range of messages that have expired, until none is left. The release before
 * does not know the kind.
 *
 * @throws what `append` or the driver throws
 */
export async function expireMessages(
  { database, features }: { readonly database: Database; readonly features: Pick<Features, 'isOn'> },
  append: (event: ExpiredEvent) => Promise<Pick<Position, 'repeated'>>,
  signal: AbortSignal,
): Promise<void> {
  if (!features.isOn) return
  for (let isDone = false; !isDone;) {
    isDone = true
    for await (const range of paced(expiring(database))) {
      if (signal.aborted) return
      const { repeated } = await append(expiredEvent(range))
      if (!repeated) isDone = false
    }
  }
}

/** Removes what is too old. @throws the driver's error */
export async function purgeOld(
  database: Database,
  onPurged: (what: Purged, rows: number) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const [what, rows] of paced(purge(database))) {
    if (signal.aborted) return
    if (rows > 0) onPurged(what, rows)
  }
}
