import { z } from 'zod'
import type { StoredEvent } from '../../protocol/events.ts'
import { mayRead, readerIn } from '../../room/readable.ts'
import { positionOf, type ChangedPage } from '../../store/events.ts'
import { noSuchRoom } from '../../store/rooms.ts'
import { MAX_HISTORY_BYTES } from '../../support/limits.ts'
import { storedEvent } from '../event.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { contextOf, type FeedContext } from './context.ts'

const input = z.object({
  room: fields.room,
  epoch: fields.count,
  after: fields.count,
  seq: fields.optional(fields.count),
  upTo: fields.count,
})

export const changes = operation({
  name: 'listChanges',
  summary:
    'Reads which messages up to `upTo` were changed by events after `after`, in their present form; of those that this very event has changed, the ones after `seq`.',
  input,
  output: z.object({
    room: fields.room,
    epoch: fields.count,
    changedSeq: fields.count,
    seq: fields.count.optional(),
    events: z.array(storedEvent).readonly(),
    hasMore: z.boolean(),
  }),
  isNew: true,
  frame: { type: 'changes', answer: { type: 'changes' } },
  async handle(asked, call) {
    const context = contextOf(call)
    const { outlet } = context
    await outlet.drained()
    const { epoch, lastSeq, found } = await context.read(() => find(context, asked))
    const events = firstWithinBytes(found.events, outlet.atMost(MAX_HISTORY_BYTES))
    const last = events.length < found.events.length ? events.at(-1) : undefined
    const next = last ? positionOf(last) : found.next
    return { room: asked.room, epoch, ...(next ?? { changedSeq: lastSeq }), events, hasMore: next !== undefined }
  },
})

const NOTHING: ChangedPage = { events: [], next: undefined }

async function find(context: FeedContext, { room, epoch, after, seq, upTo }: z.output<typeof input>) {
  const { states, events, policy } = context.services
  const { session: user } = context
  const state = (await states.heads([room])).get(room)
  const member = state && (await states.marks([state.id], user.user, user.userId)).get(state.id)
  if (!state || !mayRead(policy, user, state, member)) throw noSuchRoom(room)
  const { id, lastSeq } = state
  if (state.epoch !== epoch) return { epoch: state.epoch, lastSeq, found: NOTHING }
  const reader = readerIn(user, state, member)
  return { epoch, lastSeq, found: await events.changes(id, after, upTo, reader, seq) }
}

/** The first events whose bodies fit together, at least one. */
function firstWithinBytes(events: readonly StoredEvent[], maxBytes: number): readonly StoredEvent[] {
  let bytes = 0
  const end = events.findIndex(({ body }, index) => (bytes += Buffer.byteLength(body)) > maxBytes && index > 0)
  return end < 0 ? events : events.slice(0, end)
}
