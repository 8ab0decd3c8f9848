import { z } from 'zod'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

export const leave = operation({
  name: 'stopReceiving',
  summary: 'Ends the delivery of a room to this connection. The user stays a member.',
  input: z.object({ room: fields.room }),
  output: z.object({ room: fields.room }),
  frame: { type: 'leave', answer: { type: 'left' } },
  handle({ room }, { connection }) {
    connection?.rooms.leave(room)
    connection?.feed.unfollow(room)
    return Promise.resolve({ room })
  },
})
