import { z } from 'zod'
import { AppError } from '../../support/errors.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const invite = operation({
  name: 'inviteUser',
  summary: 'Invites a user to a room, who then sees it and may accept.',
  input: z.object({ room: fields.room, user: fields.user }),
  output: z.object({ room: fields.room, user: fields.user }),
  action: 'invite',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/invitations', status: 201 },
  frame: { type: 'invite', answer: { type: 'invited' } },
  async handle({ room, user }, call) {
    const { key, asker, subject, isBlock } = await call.enter(room, user)
    const { account, member, invitation } = subject
    if (!account || account.isBanned || isBlock) throw new AppError('not_found', `there is no user "${user}"`, 'user')
    if (member) throw new AppError('conflict', `"${user}" is a member of the room already`, 'user')
    await call.services.invitations.add(key.id, {
      user: account.userId,
      state: 'invited',
      by: asker.account?.userId ?? 0,
    })
    return { room: key.slug, user, repeated: invitation === 'invited' }
  },
})
