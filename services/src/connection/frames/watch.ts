import type { WatchFrame } from '../../protocol/feed-frames.ts'
import { answering, type Asked, type FeedContext } from '../feed-context.ts'

/** Answers at once; the presence of each user follows, and each change of it. */
export async function watch({ feed, outlet }: FeedContext, frame: WatchFrame & Asked): Promise<void> {
  feed.watch(new Set(frame.users))
  outlet.send({ type: 'watching', ...answering(frame) })
}
