import { z } from 'zod'
import { notJoined } from '../../store/rooms.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { contextOf } from './context.ts'

export const typing = operation({
  name: 'tellTyping',
  summary: 'Tells the others in a room that the user types, unless they were told a moment ago. It has no answer.',
  input: z.object({ room: fields.room }),
  output: z.object({}),
  isNew: true,
  frame: { type: 'typing' },
  async handle({ room }, call) {
    const { feed, services, session } = contextOf(call)
    const follow = feed.find(room)
    if (follow?.isJoined !== true) throw notJoined(room)
    const { user } = session
    const { key } = follow.room
    if (!services.typing.take(key.id, user) || (await services.blocks.isUnheard(key.id, user))) return undefined
    services.bus.publishEphemeral(key.channel, { is: 'typing', user })
    return undefined
  },
})
