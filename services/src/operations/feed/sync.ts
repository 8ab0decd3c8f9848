import { z } from 'zod'
import { syncFrame } from '../../protocol/feed-frames.ts'
import { storedEvent } from '../event.ts'
import * as fields from '../fields.ts'
import { feedOperation } from './feed-operation.ts'

const syncedRoom = z.object({
  room: fields.room,
  epoch: fields.count,
  seq: fields.count.describe('the number of the last event'),
  unread: fields.count.optional(),
  mentions: fields.count.optional(),
  readSeq: fields.count.optional(),
  events: z.array(storedEvent).optional(),
  gap: z.literal(true).optional().describe('there are more events after the position than the answer has room for'),
  reset: z.literal(true).optional().describe('the position is invalid: it is `epoch` and `seq` now'),
  truncatedAt: fields.count.optional(),
  changes: z.literal(true).optional().describe('messages that the client keeps may have changed'),
  notFollowed: z.literal(true).optional(),
})

/** A part of a user's inbox. */
export const inboxPage = z.object({
  no: fields.count,
  entries: z.array(z.looseObject({ no: fields.count, kind: z.string() })),
  hasMore: z.literal(true).optional(),
  reset: z.literal(true).optional(),
  rooms: z.array(fields.room).optional(),
})

export const sync = feedOperation({
  name: 'syncRooms',
  summary: 'Tells how many rooms and the inbox stand, and follows them from now on.',
  input: syncFrame,
  output: z.object({
    rooms: z.array(z.union([syncedRoom, z.object({ room: fields.room, error: z.literal('not_found') })])),
    inbox: inboxPage.optional(),
  }),
  type: 'sync',
  answer: 'synced',
})
