import { z } from 'zod'

const time = z.int().min(0).describe('milliseconds since 1970, by the clock of the database')

/** An event as clients receive it. The fields that are optional are absent where its kind has none. */
export const storedEvent = z.object({
  seq: z.int().min(1),
  kind: z
    .string()
    .describe('`message`, `edit`, `recall`, `reaction`, `pin`, `member`, `settings`, `expired`; clients ignore others'),
  sender: z.string(),
  clientId: z.string(),
  body: z.string().describe('the text of a message or of an edit; empty for other kinds'),
  at: time,
  data: z.record(z.string(), z.unknown()).optional().describe('what else its kind has'),
  target: z.int().min(1).optional().describe('the number of the event that this one changes'),
  audience: z.string().optional().describe('`all` (if absent), `staff` or `user:ID`'),
  messageNo: z.int().min(1).optional(),
  changedSeq: z.int().min(1).optional(),
  senderLabel: z.string().optional(),
  editedAt: time.optional(),
  recalledAt: time.optional(),
  expiredAt: time.optional(),
  pinnedAt: time.optional(),
  reactions: z.record(z.string(), z.int().min(1)).optional().describe('how many users gave each reaction'),
})
