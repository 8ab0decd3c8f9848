import { readerOf } from '../../policy/visible.ts'
import type { StoredEvent } from '../../protocol/events.ts'
import type { ChangesFrame } from '../../protocol/feed-frames.ts'
import { mayRead } from '../../room/readable.ts'
import { noSuchRoom } from '../../store/rooms.ts'
import { MAX_HISTORY_BYTES, MAX_PAGE_EVENTS } from '../../support/limits.ts'
import { answering, readingUser, type Asked, type FeedContext } from '../feed-context.ts'

/**
 * Answers with the messages that were changed, in their present form, a page at a time.
 *
 * @throws AppError `not_found` for a room that the user may not read; the driver's error
 */
export async function changes(context: FeedContext, frame: ChangesFrame & Asked): Promise<void> {
  const { outlet } = context
  await outlet.drained()
  const { epoch, lastSeq, found } = await context.read(() => find(context, frame))
  const events = firstWithinBytes(found, outlet.atMost(MAX_HISTORY_BYTES))
  const last = events.at(-1)
  const hasMore = last !== undefined && (found.length === MAX_PAGE_EVENTS || events.length < found.length)
  outlet.send({
    type: 'changes',
    room: frame.room,
    epoch,
    ...(hasMore ? { changedSeq: last.changedSeq ?? 0, seq: last.seq } : { changedSeq: lastSeq }),
    events,
    hasMore,
    ...answering(frame),
  })
}

async function find(context: FeedContext, { room, epoch, after, seq, upTo }: ChangesFrame) {
  const { states, events, policy } = context.services
  const user = await readingUser(context)
  const state = (await states.heads([room])).get(room)
  const member = state && (await states.marks([state.id], user.user, user.userId)).get(state.id)
  if (!state || !mayRead(policy, user, state, member)) throw noSuchRoom(room)
  const { id, lastSeq } = state
  if (state.epoch !== epoch) return { epoch: state.epoch, lastSeq, found: [] }
  const reader = readerOf(user, member ?? { fromSeq: 0 })
  return { epoch, lastSeq, found: await events.changes(id, after, upTo, reader, seq ?? undefined) }
}

/** The first events whose bodies fit together, at least one. */
function firstWithinBytes(events: readonly StoredEvent[], maxBytes: number): readonly StoredEvent[] {
  let bytes = 0
  const end = events.findIndex(({ body }, index) => (bytes += Buffer.byteLength(body)) > maxBytes && index > 0)
  return end < 0 ? events : events.slice(0, end)
}
