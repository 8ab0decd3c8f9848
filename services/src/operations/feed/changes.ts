import { z } from 'zod'
import { changesFrame } from '../../protocol/feed-frames.ts'
import { storedEvent } from '../event.ts'
import * as fields from '../fields.ts'
import { feedOperation } from './feed-operation.ts'

export const changes = feedOperation({
  name: 'listChanges',
  summary: 'Reads the messages that were changed after an event, in their present form.',
  input: changesFrame,
  output: z.object({
    room: fields.room,
    epoch: fields.count,
    changedSeq: fields.count,
    seq: fields.count.optional(),
    events: z.array(storedEvent),
    hasMore: z.boolean(),
  }),
  type: 'changes',
  answer: 'changes',
  isNew: true,
})
