import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../support/errors.ts'
import type { Messages } from '../room/messages.ts'
import { bodyFault } from '../protocol/names.ts'
import { pageAfter, pageBefore } from '../room/pages.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Events } from '../store/events.ts'
import { notJoined, type RoomKey, type Rooms } from '../store/rooms.ts'
import type { RateLimits } from './rate-limits.ts'
import { newMessage, newRoom, page, parse, roomPath } from './requests.ts'
import { readerOf } from '../policy/visible.ts'
import { authenticate } from './authenticate.ts'

export interface RoomServices {
  readonly rooms: Rooms
  readonly events: Events
  readonly messages: Messages
  readonly sessions: Sessions
  readonly limits: RateLimits
}

/** The routes of rooms, their messages and their history. */
export function roomRoutes(app: FastifyInstance, services: RoomServices): void {
  const { rooms, events, messages, sessions, limits } = services

  const enter = async (request: FastifyRequest) => {
    const session = await authenticate(request, sessions)
    await limits.requests.take(session.user)
    return session
  }
  const memberRoom = async (request: FastifyRequest, user: string): Promise<RoomKey> => {
    const room = await rooms.key(parse(roomPath, request.params).room)
    await rooms.requireMember(room, user)
    return room
  }

  app.post('/api/chat/rooms', async (request, reply) => {
    const { user } = await enter(request)
    const { room: slug, title } = parse(newRoom, request.body)
    await limits.rooms.take(user)
    const room = await rooms.create({ slug, title: title ?? slug ?? 'Room', createdBy: user })
    return reply.status(201).send(room)
  })

  app.post('/api/chat/rooms/:room/join', async (request) => {
    const { user } = await enter(request)
    const room = await rooms.key(parse(roomPath, request.params).room)
    await rooms.enrol(room, user)
    const { epoch, lastSeq } = await rooms.head(room)
    return { room: room.slug, epoch, seq: lastSeq }
  })

  app.post('/api/chat/rooms/:room/messages', async (request, reply) => {
    const { user } = await enter(request)
    const { clientId, body } = parse(newMessage, request.body)
    const room = await memberRoom(request, user)
    const { epoch, seq, at, repeated } = await messages.append(room, {
      kind: 'message',
      sender: user,
      clientId,
      body,
      fault: bodyFault(body),
    })
    return reply.status(repeated ? 200 : 201).send({ room: room.slug, clientId, epoch, seq, at })
  })

  app.get('/api/chat/rooms/:room/messages', async (request) => {
    const session = await enter(request)
    const { after, before, limit } = parse(page, request.query)
    if (after !== undefined && before !== undefined)
      throw new AppError('bad_request', 'use after or before, not both', 'before')
    const room = await rooms.key(parse(roomPath, request.params).room)
    const member = await rooms.memberships.of(room, session.user)
    if (!member) throw notJoined(room.slug)
    const { epoch, lastSeq } = await rooms.head(room)
    const asked = { room: room.id, limit, reader: readerOf(session, member) }
    const found =
      after === undefined
        ? await pageBefore(events, before ?? lastSeq + 1, asked)
        : await pageAfter(events, after, asked)
    return { room: room.slug, epoch, seq: lastSeq, ...found }
  })
}
