import { z } from 'zod'
import { AppError } from '../../support/errors.ts'
import type { Call } from '../call.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const decline = operation({
  name: 'declineInvitation',
  summary:
    "Declines the user's invitation, or takes back the request to join. For an admin, or the member who has invited: the same for another `user`.",
  input: z.object({ room: fields.room, user: fields.user.optional() }),
  output: z.object({ room: fields.room, user: fields.user }),
  action: 'withdraw',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/invitations/decline' },
  frame: { type: 'decline', answer: { type: 'declined' } },
  async handle({ room, user: named }, call) {
    const { user: self } = call.session
    const user = named ?? self
    const { key, userId } = await (user === self ? own(room, call) : ofOther(room, user, call))
    await call.services.invitations.remove(key, userId)
    return { room, user }
  },
})

/** Whoever has asked may take that back even if the room is not seen any more. All else has the same answer. */
async function own(room: string, { services, session }: Call) {
  const found = await services.access.find(room, session.user)
  if (!found?.asker.account || !found.asker.invitation) {
    const message = `you are not invited to a room "${room}", and have not asked to join it`
    throw new AppError('not_found', message, 'room')
  }
  return { key: found.key.id, userId: found.asker.account.userId }
}

async function ofOther(room: string, user: string, call: Call) {
  const { key, subject } = await call.enter(room, user)
  if (!subject.account || !subject.invitation) {
    const message = `"${user}" is not invited to the room "${room}", and has not asked to join it`
    throw new AppError('not_found', message, 'user')
  }
  return { key: key.id, userId: subject.account.userId }
}
