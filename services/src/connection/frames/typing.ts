import type { TypingFrame } from '../../protocol/feed-frames.ts'
import { notJoined } from '../../store/rooms.ts'
import type { FeedContext } from '../feed-context.ts'

/** Tells the others in the room, unless they were told a moment ago. It has no answer. @throws AppError `forbidden` */
export async function typing({ feed, services, session: { user } }: FeedContext, { room }: TypingFrame): Promise<void> {
  const follow = feed.find(room)
  if (follow?.isJoined !== true) throw notJoined(room)
  const { key } = follow.room
  if (services.typing.take(key.id, user)) services.bus.publishEphemeral(key.channel, { is: 'typing', user })
}
