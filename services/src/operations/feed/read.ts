import { z } from 'zod'
import { notJoined } from '../../store/rooms.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { contextOf } from './context.ts'

export const read = operation({
  name: 'markRead',
  summary: 'Says that the user has read everything up to an event. It is stored within a second or so.',
  input: z.object({ room: fields.room, seq: fields.count }),
  output: z.object({ room: fields.room, user: fields.user, seq: fields.count }),
  isNew: true,
  frame: { type: 'read', answer: { type: 'read' } },
  async handle({ room, seq }, call) {
    const { feed, services, session } = contextOf(call)
    const { user, userId } = session
    const follow = feed.find(room)
    if (!follow) throw notJoined(room)
    const { key } = follow.room
    const isSecret = await services.blocks.isUnheard(key.id, user)
    services.marks.add(key, { user, userId, seq, isSecret })
    return { room, user, seq }
  },
})
