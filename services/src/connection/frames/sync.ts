import type { InboxPage, SyncedRoom } from '../../protocol/feed-answers.ts'
import type { SyncFrame } from '../../protocol/feed-frames.ts'
import { unreadOf, type Follow } from '../../room/followed-room.ts'
import type { ReadingUser } from '../../room/readable.ts'
import { readRooms, type ReadRoom } from '../../room/sync-rooms.ts'
import type { Marks, RoomState } from '../../store/room-states.ts'
import { MAX_SYNC_BYTES, SYNC_PATIENCE_MS } from '../../support/limits.ts'
import { answering, readingUser, type Asked, type FeedContext } from '../feed-context.ts'

/**
 * Answers with the state of many rooms and of the inbox, and follows the rooms that the user belongs to.
 *
 * @throws AppError `unavailable`; the driver's error
 */
export async function sync(context: FeedContext, frame: SyncFrame & Asked): Promise<void> {
  const { outlet, services } = context
  await outlet.drained()
  const user = await readingUser(context)
  const maxBytes = outlet.atMost(MAX_SYNC_BYTES)
  const turn = { isWanted: () => outlet.isOpen, patienceMs: SYNC_PATIENCE_MS }
  const { found, inbox } = await services.syncs.run(async () => {
    const found = await readRooms(services, frame.rooms, { user, maxBytes })
    return { found, inbox: frame.inbox && (await readInbox(context, user, frame.inbox.no ?? undefined)) }
  }, turn)
  if (!outlet.isOpen) return
  const rooms = found.map((room) => {
    const { slug, state } = room
    return state ? present(context, { ...room, state }) : { room: slug, error: 'not_found' as const }
  })
  outlet.send({ type: 'synced', rooms, ...(inbox && { inbox }), ...answering(frame) })
  if (inbox && user.userId !== undefined) context.feed.readInbox(user.userId, inbox.no)
}

type FoundRoom = ReadRoom & { readonly state: RoomState }

async function readInbox(
  { services: { inboxes } }: FeedContext,
  { user, userId = 0 }: ReadingUser,
  after: number | undefined,
): Promise<InboxPage> {
  return inboxes.page(userId, user, after)
}

/** From here until the answer is sent nothing is awaited, so that what is told afterwards is newer. */
function present(context: FeedContext, { slug, state, member, missed }: FoundRoom): SyncedRoom {
  const { feed, services } = context
  const { epoch, lastSeq: seq } = state
  const room = { room: slug, epoch, seq, ...missed }
  if (!member) {
    if (feed.find(slug)?.isJoined !== true) feed.unfollow(slug)
    return { ...room, notFollowed: true }
  }
  const follow = feed.follow(state)
  if (follow) begin(context, follow, state, member)
  const unread = services.features.isOn ? unreadOf(state, follow?.readNo ?? member.readNo) : undefined
  return {
    ...room,
    ...(unread !== undefined && {
      unread,
      mentions: Math.min(follow?.mentions ?? member.mentions, unread),
      readSeq: member.readSeq,
    }),
    ...(!follow && { notFollowed: true }),
  }
}

function begin({ feed, services }: FeedContext, follow: Follow, state: RoomState, member: Marks): void {
  services.followed.learn([state])
  // The database may not have a mark of this process yet.
  if (follow.readNo === undefined || follow.readNo <= member.readNo) {
    follow.readNo = member.readNo
    follow.mentions = member.mentions
  }
  if (follow.room.lastSeq > state.lastSeq) feed.onChanged(follow)
}
