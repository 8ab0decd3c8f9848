import { z } from 'zod'
import type { Member } from '../../policy/types.ts'
import type { Standing } from '../../store/room-access.ts'
import { noSuchRoom, type RoomKey } from '../../store/rooms.ts'
import { AppError } from '../../support/errors.ts'
import type { Admitted, Call } from '../call.ts'
import * as fields from '../fields.ts'
import { operation } from '../operation.ts'

const POSITION = 'must be an object {epoch, seq}'

export const join = operation({
  name: 'joinRoom',
  summary: 'Makes the user a member, if the room is open to everyone. Over a connection its events follow.',
  input: z.object({ room: fields.room, after: fields.optional(z.object(fields.position, POSITION)) }),
  output: z.object({ room: fields.room, ...fields.position }),
  action: 'join',
  http: { method: 'POST', path: '/api/chat/rooms/:room/join', without: ['after'] },
  frame: {
    type: 'join',
    answer: {
      type: 'joined',
      fields: z.object({
        room: fields.room,
        r: fields.count.optional().describe('over chat.v2: the room in the events that follow'),
        ...fields.position,
        truncatedAt: fields.count.optional().describe('the first event that exists after the position of the client'),
        reset: z.literal(true).optional().describe('the position of the client is invalid: it starts at `seq`'),
      }),
    },
  },
  async handle({ room, after }, call) {
    const { connection, requestId, services, session } = call
    if (connection) {
      const answer = requestId === undefined ? {} : { requestId }
      await connection.rooms.join(room, { after, session, admit: () => admit(call, room) }, answer)
      const joined = connection.rooms.find(room)
      if (joined) connection.feed.join(joined.key)
      return undefined
    }
    const { key, enrol } = await admit(call, room)
    await enrol()
    const { epoch, lastSeq } = await services.rooms.head(key)
    return { room: key.slug, epoch, seq: lastSeq }
  },
})

/** Everybody may join an open room, and every room while typed events are not enabled; members may join any again. */
async function admit(call: Call, slug: string): Promise<Admitted> {
  const { rooms, features } = call.services
  const { user } = call.session
  if (!features.isOn) {
    const key = await rooms.key(slug)
    return { key, enrol: () => rooms.enrol(key, user) }
  }
  const { key, rules, asker } = await call.enter(slug)
  if (rules.join === 'open') return { key, enrol: () => enrolInOpen(call, key, asker) }
  if (!asker.member) throw new AppError('forbidden', 'you are invited: accept the invitation first', 'room')
  return { key, enrol: () => stillMember(call, key) }
}

async function enrolInOpen({ services, session }: Call, key: RoomKey, asker: Standing): Promise<Member> {
  const member = await services.rooms.enrol(key, session.user)
  if (asker.account && asker.invitation) await services.invitations.remove(key.id, asker.account.userId)
  return member
}

/** Whoever was removed meanwhile is not made a member again. */
async function stillMember({ services, session }: Call, key: RoomKey): Promise<Member> {
  const member = await services.rooms.memberships.read(key, session.user)
  if (!member) throw noSuchRoom(key.slug)
  return member
}
