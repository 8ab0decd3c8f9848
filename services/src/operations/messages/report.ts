import { z } from 'zod'
import { readerOf } from '../../policy/visible.ts'
import { AppError } from '../../support/errors.ts'
import { MAX_REASON_CHARACTERS } from '../../support/limits.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const report = operation({
  name: 'reportMessage',
  summary: 'Reports a message to the administrators, once: the first reason stays.',
  input: z.object({
    room: fields.room,
    target: fields.target,
    reason: fields.text(MAX_REASON_CHARACTERS, { hasLines: true }),
  }),
  output: z.object({ room: fields.room, target: fields.target }),
  action: 'report',
  limit: 'reports',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/messages/:target/report', status: 201 },
  async handle({ room, target, reason }, call) {
    const { services, session } = call
    const { key, asker } = await call.enter(room)
    const reader = readerOf(session, { fromSeq: asker.member?.fromSeq ?? 0 })
    const [message] = await services.events.messagesFrom(key.id, target, 1, reader)
    if (message?.seq !== target)
      throw new AppError('not_found', `the room has no message ${target} that you may read`, 'target')
    if (message.recalledAt !== undefined || message.expiredAt !== undefined)
      throw new AppError('refused', 'the text of this message is gone: there is nothing to report', 'target')
    if (message.sender === session.user)
      throw new AppError('bad_request', 'this is your own message: recall it instead', 'target')
    return {
      room: key.slug,
      target,
      repeated: await services.reports.add({ room: key.id, seq: target, user: session.userId, reason }),
    }
  },
})
