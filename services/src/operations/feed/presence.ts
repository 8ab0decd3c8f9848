import { z } from 'zod'
import { readFrame, typingFrame, watchFrame } from '../../protocol/feed-frames.ts'
import * as fields from '../fields.ts'
import { feedOperation } from './feed-operation.ts'

export const read = feedOperation({
  name: 'markRead',
  summary: 'Says that the user has read a room up to an event.',
  input: readFrame,
  output: z.object({ room: fields.room, user: fields.user, seq: fields.count }),
  type: 'read',
  answer: 'read',
  isNew: true,
})

export const typing = feedOperation({
  name: 'tellTyping',
  summary: 'Tells the others in a room that the user types. It has no answer.',
  input: typingFrame,
  output: z.object({}),
  type: 'typing',
  answer: undefined,
  isNew: true,
})

export const watch = feedOperation({
  name: 'watchUsers',
  summary: 'Tells the presence of these users, and of no others, from now on.',
  input: watchFrame,
  output: z.object({}),
  type: 'watch',
  answer: 'watching',
  isNew: true,
})
