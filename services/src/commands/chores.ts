import { SYSTEM } from '../kinds/kinds.ts'
import type { Database } from '../store/database.ts'
import { enabledAt } from '../store/enable.ts'
import { expiring } from '../store/expiry.ts'
import type { NewEvent, Position } from '../store/new-event.ts'
import { purge, type Purged } from '../store/purge.ts'
import { paced } from '../support/paced.ts'

/**
 * Stores an event of the kind `expired` for each range of messages that have expired, until none is left. The release before
 * does not know the kind.
 *
 * @throws what `append` or the driver throws
 */
export async function expireMessages(
  database: Database,
  append: (event: NewEvent) => Promise<Pick<Position, 'repeated'>>,
  signal: AbortSignal,
): Promise<void> {
  if ((await enabledAt(database)) === undefined) return
  for (let isDone = false; !isDone;) {
    isDone = true
    for await (const { room, from, upTo } of paced(expiring(database))) {
      if (signal.aborted) return
      // Processes that find the same range store one event.
      const event = {
        room,
        kind: 'expired',
        ...SYSTEM,
        clientId: `expired.${from}-${upTo}`,
        body: '',
        data: { from, upTo },
      }
      const { repeated } = await append(event)
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
