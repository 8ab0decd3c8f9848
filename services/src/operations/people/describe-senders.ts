import { z } from 'zod'
import { readerOf } from '../../policy/visible.ts'
import { notJoined } from '../../store/rooms.ts'
import { MAX_DESCRIBED_SENDERS } from '../../support/limits.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { person } from './person.ts'

const USERS = `must be a list of 1 to ${MAX_DESCRIBED_SENDERS} users`

export const describeSenders = operation({
  name: 'describeSenders',
  summary: 'Describes those of the users who have sent something in the room, members or not, that the user may read.',
  input: z.object({
    room: fields.room,
    users: z.array(fields.user, USERS).min(1, USERS).max(MAX_DESCRIBED_SENDERS, USERS),
  }),
  output: z.object({
    room: fields.room,
    people: z
      .array(person.extend({ isDeleted: z.literal(true).optional().describe('the account was deleted') }))
      .readonly(),
  }),
  action: 'read',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/senders' },
  async handle({ room, users }, call) {
    const { key, asker } = await call.enter(room)
    if (!asker.member) throw notJoined(room)
    const reader = readerOf(call.session, asker.member)
    return { room: key.slug, people: await call.services.people.senders(key.id, reader, users) }
  },
})
