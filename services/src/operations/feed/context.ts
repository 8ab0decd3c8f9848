import type { Feed, FeedOutlet } from '../../feed/feed.ts'
import type { FeedServices } from '../../feed/feed-services.ts'
import type { Session } from '../../session/tokens.ts'
import type { Call } from '../call.ts'

/** What an operation that only a connection can ask for has of it. */
export interface FeedContext {
  readonly session: Session
  readonly outlet: FeedOutlet
  readonly feed: Feed
  readonly services: FeedServices
  /** Reads from the database in turn with the replays and histories of all connections. */
  readonly read: <T>(work: () => Promise<T>) => Promise<T>
}

export function contextOf({ connection, session }: Call): FeedContext {
  if (!connection) throw new Error('only a connection can ask for this')
  const { outlet, feed, feeds, rooms } = connection
  return { session, outlet, feed, services: feeds, read: (work) => rooms.read(work) }
}
