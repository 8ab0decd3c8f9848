import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { roomView, viewOf } from './room.ts'

export const get = operation({
  name: 'getRoom',
  summary: 'Reads a room and what it allows.',
  input: z.object({ room: fields.room }),
  output: roomView,
  action: 'see',
  isNew: true,
  http: { method: 'GET', path: '/api/chat/rooms/:room' },
  frame: { type: 'room', answer: { type: 'room' } },
  async handle({ room }, call) {
    return viewOf(await call.enter(room))
  },
})
