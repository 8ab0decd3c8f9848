import type { Database } from '../store/database.ts'
import { expiredEvent, expiring, passOver, type ExpiredEvent } from '../store/expiry.ts'
import type { Features } from '../store/features.ts'
import type { Position } from '../store/new-event.ts'
import { purge, type Purged } from '../store/purge.ts'
import { paced } from '../support/paced.ts'

/** Told why something was left out; everything else goes on. */
type OnError = (error: unknown) => void

interface Services {
  readonly database: Database
  readonly features: Pick<Features, 'isOn'>
}

type Append = (event: ExpiredEvent) => Promise<Pick<Position, 'repeated'>>

/**
 * Stores an event of the kind `expired` for each range of messages that have expired, until none is left. The release
 * before does not know the kind. A room that fails is tried again by the next call.
 *
 * @throws the driver's error if the rooms cannot be read
 */
export async function expireMessages(
  { database, features }: Services,
  append: Append,
  { signal, onError }: { readonly signal: AbortSignal; readonly onError: OnError },
): Promise<void> {
  if (!features.isOn) return
  for (let isDone = false; !isDone;) {
    isDone = true
    for await (const range of paced(expiring(database, onError))) {
      if (signal.aborted) return
      try {
        const { repeated } = range.hasTexts
          ? await append(expiredEvent(range))
          : { repeated: await passOver(database, range).then(() => false) }
        if (!repeated) isDone = false
      } catch (error) {
        onError(error)
      }
    }
  }
}

/** Removes what is too old. @throws the driver's error if the rooms cannot be read */
export async function purgeOld(
  database: Database,
  onPurged: (what: Purged, rows: number) => void,
  { signal, onError }: { readonly signal: AbortSignal; readonly onError: OnError },
): Promise<void> {
  for await (const [what, rows] of paced(purge(database, onError))) {
    if (signal.aborted) return
    if (rows > 0) onPurged(what, rows)
  }
}
