import type { FeedRequest } from '../../protocol/feed-frames.ts'
import { AppError } from '../../support/errors.ts'
import type { Asked, FeedContext } from '../feed-context.ts'
import { changes } from './changes.ts'
import { read } from './read.ts'
import { sync } from './sync.ts'
import { typing } from './typing.ts'
import { watch } from './watch.ts'

/**
 * Handles a frame about rooms that the connection need not have joined.
 *
 * @throws AppError as its handler does; `unavailable` while pods of the release before may run, except for `sync`
 */
export async function handleFeedFrame(context: FeedContext, frame: FeedRequest & Asked): Promise<void> {
  if (frame.type === 'sync') return sync(context, frame)
  if (!context.services.features.isOn) {
    throw new AppError('unavailable', `"${frame.type}" works once every process has this release: try again later`)
  }
  switch (frame.type) {
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
