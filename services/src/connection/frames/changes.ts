import type { StoredEvent } from '../../protocol/events.ts'
import type { ChangesFrame } from '../../protocol/feed-frames.ts'
import { isVisible, mayRead } from '../../room/readable.ts'
import { noSuchRoom } from '../../store/rooms.ts'
import { MAX_HISTORY_BYTES } from '../../support/limits.ts'
import { answering, type Asked, type FeedContext } from '../feed-context.ts'

/**
 * Answers with the messages that were changed, in their present form, a page at a time.
 *
 * @throws AppError `not_found` for a room that the user may not read; the driver's error
 */
export async function changes(context: FeedContext, frame: ChangesFrame & Asked): Promise<void> {
  const { outlet } = context
  await outlet.drained()
  const { epoch, lastSeq, found, isVisibleEvent } = await context.read(() => find(context, frame))
  const page = firstWithinBytes(found.slice(0, frame.limit), outlet.atMost(MAX_HISTORY_BYTES))
  const last = page.at(-1)
  const hasMore = last !== undefined && found.length > page.length
  outlet.send({
    type: 'changes',
    room: frame.room,
    epoch,
    ...(hasMore ? { changedSeq: last.changedSeq ?? 0, seq: last.seq } : { changedSeq: lastSeq }),
    events: page.filter(isVisibleEvent),
    hasMore,
    ...answering(frame),
  })
}

/** One more than the page tells whether another one follows. */
async function find({ services, session }: FeedContext, frame: ChangesFrame) {
  const { states } = services
  const userId = await services.userIdOf(session)
  const state = (await states.heads([frame.room])).get(frame.room)
  const member = state && (await states.marks([state.id], session.user, userId)).get(state.id)
  if (!state || !mayRead(state, member)) throw noSuchRoom(frame.room)
  const found = state.epoch === frame.epoch ? await states.changes(state.id, { ...frame, limit: frame.limit + 1 }) : []
  const reader = { userId, isStaff: false, fromSeq: member?.fromSeq ?? 0 }
  return {
    epoch: state.epoch,
    lastSeq: state.lastSeq,
    found,
    isVisibleEvent: (event: StoredEvent) => isVisible(event, reader),
  }
}

/** The first events whose bodies fit together, at least one. */
function firstWithinBytes(events: readonly StoredEvent[], maxBytes: number): readonly StoredEvent[] {
  let bytes = 0
  const end = events.findIndex(({ body }, index) => (bytes += Buffer.byteLength(body)) > maxBytes && index > 0)
  return end < 0 ? events : events.slice(0, end)
}
