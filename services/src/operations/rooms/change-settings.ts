import { z } from 'zod'
import { AppError } from '../../support/errors.ts'
import * as fields from '../fields.ts'
import { present } from '../messages/send.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'
import { settings } from './room.ts'

const changes = z.object(settings).partial()

export const changeSettings = operation({
  name: 'changeSettings',
  summary: 'Changes settings of a room. What is absent stays.',
  input: z.object({ room: fields.room, clientId: fields.clientId, ...changes.shape }),
  output: stored,
  action: 'settings',
  isNew: true,
  http: { method: 'PATCH', path: '/api/chat/rooms/:room' },
  frame: { type: 'settings', answer: ack },
  handle({ room, clientId, ...changed }, call) {
    const data = present(changed)
    if (!data) {
      const names = Object.keys(settings).join(', ')
      throw new AppError('bad_request', `nothing is changed: give at least one of ${names}`, 'title')
    }
    return call.append(room, { kind: 'settings', clientId, data })
  },
})
