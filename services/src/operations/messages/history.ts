import { z } from 'zod'
import { readerOf } from '../../policy/visible.ts'
import { pageAfter, pageAround, pageBefore, withinBytes } from '../../room/pages.ts'
import { notJoined } from '../../store/rooms.ts'
import { AppError } from '../../support/errors.ts'
import { MAX_HISTORY_BYTES } from '../../support/limits.ts'
import type { Call, LiveConnection } from '../call.ts'
import { storedEvent } from '../event.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

const output = z.object({
  room: fields.room,
  epoch: fields.count,
  seq: fields.count,
  events: z.array(storedEvent).readonly(),
  hasMore: z.boolean(),
  hasMoreAfter: z.boolean().optional().describe('with `around`: whether messages follow the last one'),
})

export const history = operation({
  name: 'listMessages',
  summary:
    'Reads events of a room, oldest first: those before a number, those after one, those around one, or the newest.',
  input: z.object({
    room: fields.room,
    before: fields.optional(fields.count),
    after: fields.optional(fields.count),
    around: fields.optional(fields.count),
    limit: fields.pageLimit,
  }),
  output,
  action: 'read',
  http: { method: 'GET', path: '/api/chat/rooms/:room/messages' },
  frame: { type: 'history', without: ['after'], answer: { type: 'history', fields: output.omit({ seq: true }) } },
  async handle({ room, limit, ...position }, call) {
    const [, second] = Object.entries(position).filter(([, seq]) => seq !== undefined)
    if (second) throw new AppError('bad_request', 'use one of before, after and around', second[0])
    const range = { ...position, limit }
    return call.connection ? ofJoined(call, call.connection, room, range) : ofEntered(call, room, range)
  },
})

interface Range {
  readonly before: number | undefined
  readonly after: number | undefined
  readonly around: number | undefined
  readonly limit: number
}

async function ofEntered(call: Call, slug: string, { before, after, around, limit }: Range) {
  const { events } = call.services
  const { key, epoch, lastSeq, asker } = await call.enter(slug)
  if (!asker.member) throw notJoined(slug)
  const asked = { room: key.id, limit, reader: readerOf(call.session, asker.member) }
  if (around !== undefined)
    return { room: key.slug, epoch, seq: lastSeq, ...(await pageAround(events, around, asked, MAX_HISTORY_BYTES)) }
  const page =
    after === undefined ? await pageBefore(events, before ?? lastSeq + 1, asked) : await pageAfter(events, after, asked)
  return { room: key.slug, epoch, seq: lastSeq, ...page }
}

/** For a client that may not read well: in its turn, and no larger than what may wait for it. */
async function ofJoined(
  call: Call,
  { rooms, outlet, feed }: LiveConnection,
  slug: string,
  { before, around, limit }: Range,
) {
  const { services, session } = call
  const follow = feed.find(slug)
  const { key, epoch } = follow?.isJoined === false ? follow.room : rooms.room(slug)
  await outlet.drained()
  const end = before ?? (await services.rooms.head(key)).lastSeq + 1
  const reader = await rooms.reader(key, session)
  const asked = { room: key.id, limit, reader }
  if (around !== undefined) {
    const maxBytes = outlet.atMost(MAX_HISTORY_BYTES)
    const page = await rooms.read(() => pageAround(services.events, around, asked, maxBytes))
    return { room: slug, epoch, seq: end - 1, ...page }
  }
  const page = await rooms.read(() => pageBefore(services.events, end, asked))
  return { room: slug, epoch, seq: end - 1, ...withinBytes(page, outlet.atMost(MAX_HISTORY_BYTES)) }
}
