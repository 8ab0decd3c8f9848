import type { FeedRequest } from '../../protocol/feed-frames.ts'
import type { Asked, FeedContext } from '../feed-context.ts'
import { changes } from './changes.ts'
import { read } from './read.ts'
import { sync } from './sync.ts'
import { typing } from './typing.ts'
import { watch } from './watch.ts'

/** Answers a frame about rooms that the connection need not have joined. @throws AppError as its handler does */
export async function answerFeedFrame(context: FeedContext, frame: FeedRequest & Asked): Promise<void> {
  switch (frame.type) {
    case 'sync':
      return sync(context, frame)
    case 'changes':
      return changes(context, frame)
    case 'read':
      return read(context, frame)
    case 'typing':
      return typing(context, frame)
    case 'watch':
      return watch(context, frame)
  }
}
