import { z } from 'zod'
import { textFault } from '../../protocol/text.ts'
import { MAX_REACTION_BYTES } from '../../support/limits.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'

const RULE = `must be an emoji or a short name without spaces, 1 to ${MAX_REACTION_BYTES} bytes`

const reaction = z.string(RULE).refine((value) => isReaction(value), RULE)

export const react = operation({
  name: 'reactToMessage',
  summary: 'Adds a reaction to a message, or removes the own one.',
  input: z.object({
    room: fields.room,
    target: fields.target,
    clientId: fields.clientId,
    reaction,
    change: fields.change,
  }),
  output: stored,
  action: 'react',
  limit: 'unacknowledged',
  isNew: true,
  http: { method: 'POST', path: '/api/chat/rooms/:room/messages/:target/reactions', status: 201 },
  frame: { type: 'send', kind: 'reaction', answer: ack },
  handle({ room, target, clientId, reaction, change }, call) {
    return call.send(room, { kind: 'reaction', target, clientId, data: { reaction, change } })
  },
})

function isReaction(value: string): boolean {
  if (value === '' || /\s/u.test(value) || Buffer.byteLength(value) > MAX_REACTION_BYTES) return false
  return textFault(value, { hasLines: false }) === undefined
}
