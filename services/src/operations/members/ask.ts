import { z } from 'zod'
import { AppError } from '../../support/errors.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const ask = operation({
  name: 'askToJoin',
  summary: 'Asks to become a member of a room that admits on request.',
  input: z.object({ room: fields.room }),
  output: z.object({ room: fields.room }),
  action: 'see',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/requests', status: 201 },
  frame: { type: 'ask', answer: { type: 'asked' } },
  async handle({ room }, call) {
    const { key, rules, asker } = await call.enter(room)
    if (asker.member) throw new AppError('conflict', `you are a member of the room "${room}" already`, 'room')
    if (rules.join !== 'request') {
      const message = `the room "${room}" takes no requests: ${rules.join === 'open' ? 'join it' : 'ask a member to invite you'}`
      throw new AppError('forbidden', message, 'room')
    }
    // Who is invited may accept at once, so that stays.
    const isKnown = asker.invitation !== undefined
    const userId = asker.account?.userId
    if (!isKnown && userId !== undefined)
      await call.services.invitations.add(key.id, { user: userId, state: 'requested', by: userId })
    return { room: key.slug, repeated: isKnown }
  },
})
