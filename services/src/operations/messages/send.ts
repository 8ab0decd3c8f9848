import { z } from 'zod'
import { bodyFault } from '../../protocol/names.ts'
import { MAX_MENTIONS } from '../../support/limits.ts'
import * as fields from '../fields.ts'
import { requireTypedEvents } from '../not-enabled.ts'
import { operation } from '../operation.ts'
import { ack, stored } from '../stored.ts'

const MENTIONS = `must be a list of 1 to ${MAX_MENTIONS} names of users`

/** What a message has beside its text. */
const extras = {
  replyTo: fields.optional(fields.target),
  mentions: fields.optional(z.array(fields.user, MENTIONS).min(1, MENTIONS).max(MAX_MENTIONS, MENTIONS)),
  mentionsAll: fields.optional(z.literal(true, 'must be true, or absent')),
}

export const send = operation({
  name: 'sendMessage',
  summary: 'Sends a message to a room.',
  input: z.object({ room: fields.room, clientId: fields.clientId, body: fields.body, ...extras }),
  output: stored,
  action: 'post',
  limit: 'unacknowledged',
  http: { method: 'POST', path: '/api/chat/rooms/:room/messages', status: 201 },
  frame: { type: 'send', answer: ack },
  handle({ room, clientId, body, ...extra }, call) {
    const data = present(extra)
    if (data !== undefined) requireTypedEvents(call, Object.keys(data)[0] ?? '')
    return call.send(room, { kind: 'message', clientId, body, ...(data && { data }), fault: bodyFault(body) })
  },
})

/** The fields that are there; undefined if none is. */
export function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  let found: Record<string, unknown> | undefined
  for (const name in fields) if (fields[name] !== undefined) (found ??= {})[name] = fields[name]
  return found
}
