import { z } from 'zod'
import { storedEvent } from '../event.ts'
import { inboxPage } from '../feed/inbox.ts'
import { clientId, count, position, room, user } from '../fields.ts'
import { inputOf, type AnyOperation, type FrameBinding } from '../operation.ts'
import { OPERATIONS } from '../registry.ts'
import { errorFrame, jsonSchema } from './schemas.ts'

type Json = Record<string, unknown>

const TARGET = 'draft-7'
const CHANNEL = '#/channels/connection'
/** Any frame and its answer may have it. */
const REQUEST_ID = { requestId: clientId.optional().describe('the answer to a frame has that of the frame') }

/** What the server sends without being asked. */
const PUSHED = {
  event: { summary: 'An event of a room.', fields: z.object({ room, epoch: position.epoch, ...storedEvent.shape }) },
  shortEvent: {
    summary: 'An event of a room over chat.v2. It has no type.',
    fields: z.object({
      r: count.describe('that of `joined`'),
      ...storedEvent.omit({ clientId: true }).shape,
      kind: storedEvent.shape.kind.optional().describe('a message, if it is absent'),
    }),
    isUntyped: true,
  },
  skipped: {
    summary: 'Events that the user may not read.',
    fields: z.object({ room, epoch: position.epoch, from: position.seq, seq: position.seq }),
  },
  removed: {
    summary: 'The user is no longer a member, and hears nothing more of the room.',
    fields: z.object({ room, ...position }),
  },
  unread: {
    summary: 'How rooms stand for the user that the connection follows.',
    fields: z.object({
      rooms: z.array(z.object({ room, seq: count, unread: count.optional(), mentions: count.optional() })),
    }),
  },
  read: { summary: 'Somebody has read up to an event.', fields: z.object({ room, user, seq: count }) },
  typing: { summary: 'Somebody types.', fields: z.object({ room, user }) },
  presence: {
    summary: 'Whether a watched user is there.',
    fields: z.object({ user, state: z.enum(['online', 'offline', 'unknown']) }),
  },
  inbox: { summary: 'New entries of the inbox.', fields: inboxPage },
  resume_needed: {
    summary: 'Live delivery in a room has stopped: join it again with the position.',
    fields: z.object({ room }),
  },
}

/** The frames of the WebSocket protocol, as AsyncAPI 3.0 describes them from the side of the server. */
export function asyncApi(): Json {
  const asked = OPERATIONS.flatMap((operation) => (operation.frame ? [{ operation, frame: operation.frame }] : []))
  const messages: Record<string, Json> = {
    error: message('error', 'The frame was refused.', errorFrame.extend(REQUEST_ID)),
  }
  for (const [type, { summary, fields, ...pushed }] of Object.entries(PUSHED))
    messages[type] = 'isUntyped' in pushed ? untyped(type, summary, fields) : message(type, summary, fields)
  for (const { operation, frame } of asked) {
    messages[operation.name] = request(operation, frame)
    if (!frame.answer) continue
    const { type, fields = operation.output } = frame.answer
    const types = asked.filter((other) => other.frame.answer?.type === type).map((other) => other.frame.type)
    const summary = `The answer to ${[...new Set(types)].join(', ')}.`
    messages[answerName(type)] = message(type, summary, fields.extend(REQUEST_ID))
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Chat over WebSocket',
      version: '1',
      description: 'The frames of the subprotocols chat.v1 and chat.v2. docs/protocol.md says what they promise.',
    },
    defaultContentType: 'application/json',
    channels: { connection: { address: '/', messages } },
    operations: {
      ...Object.fromEntries(asked.map(({ operation, frame }) => [operation.name, received(operation, frame)])),
      ...Object.fromEntries(Object.entries(PUSHED).map(([type, { summary }]) => [type, sent(type, summary)])),
    },
  }
}

const answerName = (type: string) => `${type}Answer`

function request(operation: AnyOperation, frame: FrameBinding): Json {
  const fields = inputOf(operation, frame).extend(REQUEST_ID)
  const kind = frame.kind === undefined ? {} : { kind: z.literal(frame.kind) }
  return message(frame.type, operation.summary, z.object({ ...kind, ...fields.shape }), 'input')
}

function message(type: string, summary: string, fields: z.ZodObject, io: 'input' | 'output' = 'output'): Json {
  const frame = z.object({ type: z.literal(type), ...fields.shape })
  return { name: type, summary, payload: jsonSchema(frame, io, TARGET) }
}

function untyped(name: string, summary: string, fields: z.ZodObject): Json {
  return { name, summary, payload: jsonSchema(fields, 'output', TARGET) }
}

function received(operation: AnyOperation, frame: FrameBinding): Json {
  return {
    action: 'receive',
    channel: { $ref: CHANNEL },
    summary: operation.summary,
    messages: [referTo(operation.name)],
    reply: {
      channel: { $ref: CHANNEL },
      messages: [...(frame.answer ? [referTo(answerName(frame.answer.type))] : []), referTo('error')],
    },
  }
}

function sent(type: string, summary: string): Json {
  return { action: 'send', channel: { $ref: CHANNEL }, summary, messages: [referTo(type)] }
}

const referTo = (message: string) => ({ $ref: `${CHANNEL}/messages/${message}` })
