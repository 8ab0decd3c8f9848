import type { ReadFrame } from '../../protocol/feed-frames.ts'
import { notJoined } from '../../store/rooms.ts'
import { answering, type Asked, type FeedContext } from '../feed-context.ts'

/**
 * Moves the user's read mark forward. The answer does not wait for the database.
 *
 * @throws AppError `forbidden` for a room that the connection neither follows nor has joined; `unavailable` if too many
 *   marks wait
 */
export async function read(context: FeedContext, frame: ReadFrame & Asked): Promise<void> {
  const { feed, services, session, outlet } = context
  const { user } = session
  const follow = feed.find(frame.room)
  if (!follow) throw notJoined(frame.room)
  const userId = await services.userIdOf(session)
  services.marks.add(follow.room.key, { user, userId, seq: frame.seq })
  outlet.send({ type: 'read', room: frame.room, user, seq: frame.seq, ...answering(frame) })
}
