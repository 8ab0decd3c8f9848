import type { ReadingUser } from '../room/readable.ts'
import type { Session } from '../session/tokens.ts'
import type { FeedServices } from './feed-services.ts'
import type { Feed, FeedOutlet } from './feed.ts'

/** What the handler of a frame has of its connection. */
export interface FeedContext {
  readonly session: Session
  readonly outlet: FeedOutlet
  readonly feed: Feed
  readonly services: FeedServices
  /** Reads from the database in turn with the replays and histories of all connections. */
  readonly read: <T>(work: () => Promise<T>) => Promise<T>
}

/** The fields that an answer returns of its frame. */
export interface Asked {
  readonly requestId?: string | undefined
}

export function answering({ requestId }: Asked): { requestId?: string } {
  return requestId === undefined ? {} : { requestId }
}

/** The user of a connection as a reader. */
export async function readingUser({ session, services }: FeedContext): Promise<ReadingUser> {
  const userId = await services.userIdOf(session)
  return { ...session, ...(userId !== undefined && { userId }) }
}
