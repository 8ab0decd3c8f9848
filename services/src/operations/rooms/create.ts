import { z } from 'zod'
import { shown } from '../../protocol/names.ts'
import { OPEN_TO_ALL } from '../../store/new-room.ts'
import { AppError } from '../../support/errors.ts'
import * as fields from '../fields.ts'
import { requireTypedEvents } from '../not-enabled.ts'
import { operation } from '../operation.ts'

const RULES = ['kind', 'join', 'post', 'history'] as const

export const create = operation({
  name: 'createRoom',
  summary:
    'Makes a room, which the user owns. A group is for those who are invited; only public rooms have chosen names.',
  input: z.object({
    clientId: fields.clientId.optional().describe('the same in a request that is sent again: it answers the same room'),
    room: fields.newRoomName.optional(),
    title: fields.title.optional(),
    kind: fields.oneOf(['group', 'public']).optional(),
    join: fields.rules.join.optional(),
    post: fields.rules.post.optional(),
    history: fields.rules.history.optional(),
  }),
  output: z.object({ room: fields.room, title: z.string(), epoch: fields.count }),
  limit: 'rooms',
  http: { method: 'POST', path: '/api/chat/rooms', status: 201 },
  handle({ clientId, room: slug, title, kind, join, post = 'everyone', history = 'all' }, call) {
    const { rooms, features } = call.services
    const chosen = kind ?? (features.isOnEverywhere ? 'group' : 'public')
    const rules = { kind: chosen, join: join ?? (chosen === 'public' ? 'open' : 'invite'), post, history } as const
    // The release before would show any other room to everyone.
    for (const name of RULES) if (rules[name] !== OPEN_TO_ALL[name]) requireTypedEvents(call, name)
    if (slug !== undefined && chosen !== 'public') {
      const message = `${shown(slug)}: only public rooms have a chosen name: leave it out, or set "kind" to "public"`
      throw new AppError('bad_request', message, 'room')
    }
    return rooms.create({ slug, title: title ?? slug ?? 'Room', createdBy: call.session.user, rules, clientId })
  },
})
