import { must } from '@chat-app/testing'
import { call } from '../../client/api.ts'
import { signToken } from '../../client/index.ts'
import type { Row } from '../../src/store/database.ts'
import { JWT_SECRET } from '../service.ts'
import { ChatRoom } from './chat-room.ts'
import type { ChaosOptions } from './options.ts'
import type { World } from './world.ts'

const FOLLOWERS = 2

/** Who takes part beside those whom each room has of its own. */
export interface People {
  readonly users: readonly string[]
  readonly followers: readonly string[]
  /** Is a member of no room. */
  readonly outsider: string
}

export async function addPeople({ store }: World, options: ChaosOptions): Promise<People> {
  const people = {
    users: Array.from({ length: options.users }, (_, index) => `user${index}`),
    followers: Array.from({ length: FOLLOWERS }, (_, index) => `follower${index}`),
    outsider: 'outsider',
  }
  await store.addUsers(...people.users, ...people.followers, people.outsider)
  return people
}

/** Makes the rooms, groups and public ones in turns, every third one with a history that begins with joining. */
export async function addRooms(world: World, people: People, { rooms: count }: ChaosOptions): Promise<ChatRoom[]> {
  const rooms: ChatRoom[] = []
  for (let index = 0; index < count; index += 1) rooms.push(await addRoom(world, people, { index, count }))
  return rooms
}

async function addRoom(
  world: World,
  { users, followers }: People,
  { index, count }: { index: number; count: number },
): Promise<ChatRoom> {
  const { store, services } = world
  const url = must(services[0]).http
  const ask = <T>(user: string, path: string, body: object) =>
    call<T>(url, 'POST', `/api/chat/rooms${path}`, signToken(JWT_SECRET, user), body)
  const [owner, guest] = [`owner${index}`, `guest${index}`]
  await store.addUsers(owner, guest)
  const members = users.filter((_, user) => user % count === index || (user * 7 + 1) % count === index)
  const admin = must(members[0], 'an admin of the room')
  const kind = index % 2 === 0 ? 'group' : 'public'
  const history = index % 3 === 2 ? 'since-joining' : 'all'
  const { room: slug } = await ask<{ room: string }>(owner, '', { kind, history, title: `Room ${index}` })
  for (const user of [...members, ...followers]) {
    if (kind === 'public') await ask(user, `/${slug}/join`, {})
    else {
      await ask(owner, `/${slug}/invitations`, { user })
      await ask(user, `/${slug}/invitations/accept`, { clientId: 'accept' })
    }
  }
  await ask(owner, `/${slug}/members/${admin}/role`, { clientId: 'role', role: 'admin' })
  const [row] = await store.database.query<Row & { id: number; last_seq: number; last_message_no: number }>(
    'SELECT id, last_seq, last_message_no FROM rooms WHERE slug = ?',
    [slug],
  )
  const { id, last_seq: seq, last_message_no: messageNo } = must(row, 'the room')
  const room = new ChatRoom({ slug, id, kind, owner, admin, guest })
  room.members.push(owner, ...members, ...followers)
  room.compared = { seq, messageNo, at: 0 }
  return room
}
