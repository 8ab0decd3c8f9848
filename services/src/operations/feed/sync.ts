import { z } from 'zod'
import type { InboxPage, SyncedRoom } from '../../protocol/feed-answers.ts'
import { unreadOf, type Follow } from '../../room/followed-room.ts'
import type { ReadingUser } from '../../room/readable.ts'
import { readRooms, type ReadRoom } from '../../room/sync-rooms.ts'
import type { Marks, RoomState } from '../../store/room-states.ts'
import { MAX_SYNC_BYTES, MAX_SYNC_ROOMS, SYNC_PATIENCE_MS } from '../../support/limits.ts'
import type { Call } from '../call.ts'
import { storedEvent } from '../event.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { contextOf, type FeedContext } from './context.ts'
import { inboxPage } from './inbox.ts'

const POSITION = 'must be an object {epoch, seq}'
const ROOMS = `must be a list of at most ${MAX_SYNC_ROOMS} rooms`

const input = z.object({
  rooms: z
    .array(
      z.object({
        room: fields.room,
        after: fields
          .optional(z.object(fields.position, POSITION))
          .describe('the client has every event up to this one'),
        changedSeq: fields
          .optional(fields.count)
          .describe('the client has every change of the messages that it keeps up to this event'),
      }),
      ROOMS,
    )
    .max(MAX_SYNC_ROOMS, ROOMS)
    .default([]),
  inbox: fields
    .optional(z.object({ no: fields.optional(fields.count) }))
    .describe('`no` is that of the last entry that the client has; without it the client gets the list of its rooms'),
})

const isTrue = z.literal(true).optional()

const output = z.object({
  rooms: z.array(
    z.object({
      room: fields.room,
      error: z.literal('not_found').optional(),
      epoch: fields.count.optional(),
      seq: fields.count.optional(),
      readSeq: fields.count.optional(),
      unread: fields.count.optional(),
      mentions: fields.count.optional(),
      events: z.array(storedEvent).optional(),
      gap: isTrue,
      reset: isTrue,
      truncatedAt: fields.count.optional(),
      changes: isTrue,
      notFollowed: isTrue,
    }),
  ),
  inbox: inboxPage.optional(),
})

export const sync = operation({
  name: 'sync',
  summary: "Reads the state of many rooms and of the user's inbox, and follows them from now on.",
  input,
  output,
  frame: { type: 'sync', answer: { type: 'synced' } },
  async handle(asked, call) {
    await synchronize(call, asked)
    return undefined
  },
})

/**
 * Answers with the state of many rooms and of the inbox, and follows the rooms that the user belongs to.
 *
 * @throws AppError `unavailable`; the driver's error
 */
async function synchronize(call: Call, asked: z.output<typeof input>): Promise<void> {
  const context = contextOf(call)
  const { outlet, services } = context
  const { requestId } = call
  // Before anything is followed: it throws until it is known.
  const { isOn } = services.features
  await outlet.drained()
  const { session: user } = context
  const maxBytes = outlet.atMost(MAX_SYNC_BYTES)
  const turn = { isWanted: () => outlet.isOpen, patienceMs: SYNC_PATIENCE_MS }
  const { found, inbox } = await services.syncs.run(async () => {
    const found = await readRooms(services, asked.rooms, { user, maxBytes })
    return { found, inbox: asked.inbox && (await readInbox(context, user, asked.inbox.no)) }
  }, turn)
  if (!outlet.isOpen) return
  const rooms = found.map((room) => {
    const { slug, state } = room
    return state ? present(context, { ...room, state }, isOn) : { room: slug, error: 'not_found' as const }
  })
  outlet.send({ type: 'synced', rooms, ...(inbox && { inbox }), ...(requestId !== undefined && { requestId }) })
  if (inbox) context.feed.readInbox(inbox.no)
}

type FoundRoom = ReadRoom & { readonly state: RoomState }

async function readInbox(
  { services: { inboxes } }: FeedContext,
  { user, userId }: ReadingUser,
  after: number | undefined,
): Promise<InboxPage> {
  return inboxes.page(userId, user, after)
}

/** From here until the answer is sent nothing is awaited, so that what is told afterwards is newer. */
function present(context: FeedContext, { slug, state, member, missed }: FoundRoom, isOn: boolean): SyncedRoom {
  const { feed } = context
  const { epoch, lastSeq: seq } = state
  const room = { room: slug, epoch, seq, ...missed }
  if (!member) {
    if (feed.find(slug)?.isJoined !== true) feed.unfollow(slug)
    return { ...room, notFollowed: true }
  }
  const follow = feed.follow(state)
  if (follow) begin(context, follow, state, member)
  const unread = isOn ? unreadOf(state, follow?.readNo ?? member.readNo) : undefined
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

function begin({ services }: FeedContext, follow: Follow, state: RoomState, member: Marks): void {
  services.followed.learn([state])
  const { epoch, lastSeq: seq } = state
  // The database may not have a mark of this process yet. That of another epoch is no mark of this one.
  if (follow.readNo === undefined || follow.counted.epoch !== epoch || follow.readNo <= member.readNo) {
    follow.readNo = member.readNo
    follow.mentions = member.mentions
    follow.counted = { epoch, seq }
  }
  // What came meanwhile may have removed the user, who did not follow yet.
  if (follow.room.epoch !== epoch || follow.room.lastSeq > seq) services.followed.doubt(follow.room)
}
