import { z } from 'zod'
import * as fields from '../fields.ts'

const isTrue = z.literal(true).optional()

/** What concerns the user outside of rooms, as `sync` answers it and as it is told afterwards. */
export const inboxPage = z.object({
  no: fields.count.describe('of the last entry in this page'),
  entries: z.array(
    z.object({
      no: fields.count,
      kind: z.string(),
      room: fields.room.optional(),
      seq: fields.count.optional(),
      data: z.record(z.string(), z.unknown()).optional(),
      at: fields.count,
    }),
  ),
  hasMore: isTrue,
  reset: isTrue.describe('some entries after the cursor are gone: `rooms` has the rooms of the user'),
  rooms: z.array(fields.room).optional(),
})
