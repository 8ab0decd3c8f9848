import { eventually, must } from '@chat-app/testing'
import { signToken } from '../../client/index.ts'
import type { Database, Row } from '../../src/store/database.ts'
import { openSocket } from '../raw-socket.ts'
import { JWT_SECRET } from '../service.ts'
import type { ChatRoom } from './chat-room.ts'
import { recountUnread } from './compare-clients.ts'
import type { Guest } from './keeper.ts'
import { Contradiction } from './options.ts'
import type { World } from './world.ts'

const DEADLINE_MS = 60_000

interface Synced {
  readonly room: string
  readonly unread?: number
  readonly mentions?: number
  readonly readSeq?: number
}

/** What `sync` counts for each member is what a recount of the rows gives. @throws Contradiction */
export async function compareCounts(world: World, rooms: readonly ChatRoom[]): Promise<void> {
  const { database } = world.store
  const users = new Set(rooms.flatMap(({ members }) => members))
  for (const user of users) {
    const own = rooms.filter(({ members }) => members.includes(user))
    const socket = await openSocket(must(world.running('websocket')[0]).service.ws, {
      token: signToken(JWT_SECRET, user),
    })
    try {
      await eventually(
        async () => {
          const answer = await socket.ask({ type: 'sync', rooms: own.map(({ slug }) => ({ room: slug })) })
          for (const room of own) await compareCount(database, room, { user, answer: answer['rooms'] as Synced[] })
        },
        { timeoutMs: DEADLINE_MS },
      )
    } finally {
      socket.socket.terminate()
    }
  }
}

async function compareCount(
  database: Database,
  room: ChatRoom,
  { user, answer }: { user: string; answer: readonly Synced[] },
): Promise<void> {
  const found = answer.find(({ room: slug }) => slug === room.slug)
  const unread = await recountUnread(database, room.id, user)
  const mentions = await recountMentions(database, room.id, user)
  const words = (counts: Synced) => `${counts.unread} unread, ${counts.mentions} mentions`
  const expected = `${unread} unread, ${mentions} mentions`
  if (found && words(found) === expected) return
  throw new Contradiction(
    `${user} is told of ${room.slug}: ${found ? words(found) : 'nothing'}; a recount gives ${expected}`,
  )
}

/** The messages after the read mark whose data mentions the user, without those that were recalled. */
async function recountMentions(database: Database, room: number, user: string): Promise<number> {
  const rows = await database.query<Row & { data: string }>(
    `SELECT data FROM room_events JOIN memberships ON memberships.room = room_events.room
     WHERE memberships.member = ? AND room_events.room = ? AND kind = 'message' AND seq > read_seq
       AND recalled_at IS NULL AND data LIKE '%mentions%'`,
    [user, room],
  )
  return rows.filter(({ data }) => {
    const { mentions = [], mentionsAll } = JSON.parse(data) as { mentions?: string[]; mentionsAll?: true }
    return mentionsAll === true || mentions.includes(user)
  }).length
}

/** Who is a member of a group, and with which role, is what its events say. @throws Contradiction */
export async function compareMembers(database: Database, rooms: readonly ChatRoom[]): Promise<void> {
  for (const room of rooms.filter(({ kind }) => kind === 'group')) {
    const rows = await database.query<Row & { member: string; role: string; muted_until: number | null }>(
      'SELECT member, role, muted_until FROM memberships WHERE room = ?',
      [room.id],
    )
    const events = await database.query<Row & { data: string }>(
      "SELECT data FROM room_events WHERE room = ? AND kind = 'member' ORDER BY seq",
      [room.id],
    )
    const expected = new Map([[room.owner, 'owner']])
    for (const { data } of events) replay(expected, JSON.parse(data) as Change)
    const found = new Map(
      rows.map(({ member, role, muted_until: until }) => [
        member,
        until === null ? role : `${role}, muted until ${until}`,
      ]),
    )
    for (const user of new Set([...expected.keys(), ...found.keys()]))
      if (found.get(user) !== expected.get(user))
        throw new Contradiction(
          `${user} is ${found.get(user) ?? 'no member'} of ${room.slug}; its events say ${expected.get(user) ?? 'no member'}`,
        )
  }
}

interface Change {
  readonly user: string
  readonly change: string
  readonly role?: string
  readonly mutedUntil?: number
}

function replay(members: Map<string, string>, { user, change, role, mutedUntil }: Change): void {
  const [before = '', muted] = (members.get(user) ?? '').split(', ')
  if (change === 'joined') members.set(user, 'member')
  else if (change === 'left' || change === 'removed') members.delete(user)
  else if (change === 'role') members.set(user, [role, muted].filter(Boolean).join(', '))
  else members.set(user, mutedUntil === 0 ? before : `${before}, muted until ${mutedUntil}`)
}

/** Every entry of the inbox of those who come and go has arrived. @throws Contradiction */
export async function compareInboxes(database: Database, guests: readonly Guest[]): Promise<void> {
  for (const guest of guests) {
    if (guest.inboxNo === undefined) continue
    const [row] = await database.query<Row & { no: number }>('SELECT last_inbox_no AS no FROM users WHERE name = ?', [
      guest.user,
    ])
    await eventually(() => guest.inboxNo === row?.no, { timeoutMs: DEADLINE_MS }).catch(() => {
      throw new Contradiction(`${guest.user} has the inbox up to ${guest.inboxNo}, and it is at ${row?.no}`)
    })
  }
}
