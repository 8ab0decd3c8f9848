import { eventually } from '@chat-app/testing'
import type { Database, Row } from '../../src/store/database.ts'
import type { Follower } from './follower.ts'
import { Contradiction } from './options.ts'
import type { Participant } from './participant.ts'
import { wordsOf } from './room-view.ts'
import type { Seat } from './seat.ts'
import type { EventRow, StoredRoom } from './stored-room.ts'

/** How long a client may take to have what the database has, once nothing is broken. */
const DEADLINE_MS = 60_000

/**
 * Compares what each client has received with what the database has.
 *
 * @returns how many events were compared
 * @throws Contradiction
 */
export async function compareClients(
  database: Database,
  participants: readonly Participant[],
  stored: ReadonlyMap<string, StoredRoom>,
): Promise<number> {
  let compared = 0
  for (const participant of participants) {
    for (const seat of participant.ended.splice(0)) compared += compareEnded(seat, storedOf(stored, seat))
    for (const seat of participant.seats.values()) {
      const room = storedOf(stored, seat)
      const fromSeq = await fromSeqOf(database, seat)
      const expected = room.events.filter((row) => row.seq > (seat.start?.seq ?? 0) && isVisible(row, fromSeq))
      await arrived(seat, expected.at(-1)?.seq ?? 0)
      // Whoever has left an open room joins it again with the next connect, perhaps without what was between.
      const comesBack = seat.room.kind === 'public' && seat.user === seat.room.guest
      if (comesBack) seat.events = seat.events.filter(({ seq }) => seq >= fromSeq)
      compared += compareEvents(seat, expected)
      if (!comesBack) compareView(seat)
      seat.start = { epoch: room.epoch, seq: room.lastSeq }
      seat.events = []
    }
  }
  return compared
}

function storedOf(stored: ReadonlyMap<string, StoredRoom>, { room }: Seat): StoredRoom {
  const found = stored.get(room.slug)
  if (!found) throw new Error(`the room ${room.slug} was not read`)
  return found
}

async function fromSeqOf(database: Database, { room, user }: Seat): Promise<number> {
  const [row] = await database.query<Row & { from_seq: number }>(
    'SELECT from_seq FROM memberships WHERE room = ? AND member = ?',
    [room.id, user],
  )
  if (!row) throw new Contradiction(`${user} has joined ${room.slug}, and is no member of it`)
  return row.from_seq
}

const isVisible = ({ seq, target }: EventRow, fromSeq: number) => seq >= fromSeq && (target ?? seq) >= fromSeq

async function arrived(seat: Seat, upTo: number): Promise<void> {
  await eventually(() => seat.lastSeq >= upTo, { timeoutMs: DEADLINE_MS }).catch(() => {
    throw new Contradiction(
      `${seat.user} has the events of ${seat.room.slug} up to ${seat.lastSeq}, and ${DEADLINE_MS / 1000} s after the last fault not up to ${upTo}`,
    )
  })
}

function compareEvents({ user, room, events }: Seat, expected: readonly EventRow[]): number {
  for (const [index, row] of expected.entries()) {
    const event = events[index]
    if (event?.seq === row.seq && event.clientId === row.client_id && event.sender === row.sender) continue
    throw new Contradiction(
      `${user} was to receive ${row.kind} ${row.client_id} of ${row.sender} at ${row.seq} of ${room.slug}, and received ${event ? `${event.kind} ${event.clientId} of ${event.sender} at ${event.seq}` : 'nothing more'}`,
    )
  }
  const more = events[expected.length]
  if (more)
    throw new Contradiction(`${user} received ${more.kind} at ${more.seq} of ${room.slug}, which is not for this user`)
  return expected.length
}

/** Those of a membership that has ended: nothing after its end, and nothing that is not stored. */
function compareEnded({ user, room, start, events }: Seat, { events: rows }: StoredRoom): number {
  const end = rows.find(({ seq, kind, data }) => {
    // A client that connects again joins an open room again, by which its user becomes a member.
    if (room.kind === 'public' || kind !== 'member' || seq <= (start?.seq ?? 0)) return false
    const change = JSON.parse(data ?? '{}') as { user?: string; change?: string }
    return change.user === user && (change.change === 'removed' || change.change === 'left')
  })
  const bySeq = new Map(rows.map((row) => [row.seq, row]))
  for (const event of events) {
    const row = bySeq.get(event.seq)
    if (row?.client_id !== event.clientId || row.sender !== event.sender)
      throw new Contradiction(
        `${user} received ${event.clientId} at ${event.seq} of ${room.slug}, and the database has ${row?.client_id ?? 'nothing'} there`,
      )
    if (end && event.seq > end.seq)
      throw new Contradiction(
        `${user} received the event ${event.seq} of ${room.slug}, although the membership ended with ${end.seq}`,
      )
  }
  return events.length
}

/** The messages look as the database has them. */
function compareView({ user, room, view }: Seat): void {
  for (const [seq, shown] of view.messages) {
    const expected = room.model.messages.get(seq)
    if (!expected || wordsOf(shown) === wordsOf(expected)) continue
    throw new Contradiction(
      `${user} shows the message ${seq} of ${room.slug} as ${wordsOf(shown)}, and it is ${wordsOf(expected)}`,
    )
  }
}

/** Those who have not joined the rooms were told how far they have come. @throws Contradiction */
export async function compareFollowers(
  database: Database,
  followers: readonly Follower[],
  stored: ReadonlyMap<string, StoredRoom>,
): Promise<void> {
  for (const { user, told } of followers)
    for (const { room, lastSeq } of stored.values()) {
      const unread = await recountUnread(database, room.id, user)
      const expected = `event ${lastSeq}, ${unread} unread`
      const words = () => `event ${told.get(room.slug)?.seq}, ${told.get(room.slug)?.unread} unread`
      await eventually(() => words() === expected, { timeoutMs: DEADLINE_MS }).catch(() => {
        throw new Contradiction(`${user} was told last of ${room.slug}: ${words()}; it is at ${expected}`)
      })
    }
}

/** The messages after the read mark, counted one by one. */
export async function recountUnread(database: Database, room: number, user: string): Promise<number> {
  const [row] = await database.query<Row & { count: number }>(
    `SELECT COUNT(*) AS count FROM room_events JOIN memberships ON memberships.room = room_events.room
     WHERE memberships.member = ? AND room_events.room = ? AND kind = 'message' AND seq > read_seq`,
    [user, room],
  )
  return row?.count ?? 0
}
