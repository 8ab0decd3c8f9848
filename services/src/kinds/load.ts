import type { PoolConnection } from 'mysql2/promise'
import type { Account, AccountKind, MemberRole, SystemRole } from '../policy/types.ts'
import type { NewEvent } from '../store/new-event.ts'
import { statement, type Row } from '../store/database.ts'
import type { EventColumns } from '../store/event-columns.ts'
import type { EventRow } from '../store/event-rows.ts'
import { parseReactions } from '../store/reaction-counts.ts'
import type { LockedRoom } from '../store/room-locks.ts'
import { MAX_TOLD_MEMBERS } from '../support/limits.ts'
import type { BatchState } from './state.ts'

type AccountRow = Row & {
  id: number
  name: string
  account_role: SystemRole
  kind: AccountKind
  banned_until: number | null
  deleted_at: number | null
}

type MemberRow = AccountRow & {
  room: number
  role: MemberRole
  muted_until: number | null
  from_seq: number
}

const ACCOUNT = `users.id, users.name, users.role AS account_role, users.kind, users.banned_until, users.deleted_at`

type Pairs<T> = ReadonlyMap<number, ReadonlySet<T>>

/** Groups of values by room, as conditions of one statement: each is a range of an index. */
function inRooms<T>(pairs: Pairs<T>, room: string, column: string): { condition: string; values: unknown[] } {
  const groups = [...pairs].filter(([, values]) => values.size > 0)
  return {
    condition: groups.map(() => `(${room} = ? AND ${column} IN (?))`).join(' OR '),
    values: groups.flatMap(([id, values]) => [id, [...values]]),
  }
}

/** Reads the members of the rooms with these names, and the accounts of the names that are not members. */
export async function loadPeople(
  connection: PoolConnection,
  state: BatchState,
  names: Pairs<string>,
  rooms: ReadonlyMap<number, LockedRoom>,
): Promise<void> {
  const { condition, values } = inRooms(names, 'memberships.room', 'memberships.member')
  if (condition === '') return
  const members = await statement<MemberRow[]>(
    connection,
    `SELECT ${ACCOUNT}, memberships.room, memberships.role, memberships.muted_until, memberships.from_seq
     FROM memberships JOIN users ON users.name = memberships.member WHERE ${condition}`,
    values,
  )
  const found = new Set<string>()
  for (const row of members) {
    found.add(`${row.room}\0${row.name}`)
    const account = toAccount(row, rooms.get(row.room)?.now ?? 0)
    const member = { role: row.role, mutedUntil: row.muted_until ?? undefined, fromSeq: row.from_seq }
    state.addPerson(row.room, row.name, { account, member, isInvited: false })
  }
  const missing = [...names].flatMap(([room, group]) =>
    [...group].filter((name) => !found.has(`${room}\0${name}`)).map((name) => ({ room, name })),
  )
  if (missing.length > 0) await loadStrangers(connection, state, missing, rooms)
}

/** Whoever is no member may be invited. */
async function loadStrangers(
  connection: PoolConnection,
  state: BatchState,
  missing: readonly { room: number; name: string }[],
  rooms: ReadonlyMap<number, LockedRoom>,
): Promise<void> {
  const accounts = await statement<AccountRow[]>(connection, `SELECT ${ACCOUNT} FROM users WHERE name IN (?)`, [
    [...new Set(missing.map(({ name }) => name))],
  ])
  if (accounts.length === 0) return
  const byName = new Map(accounts.map((row) => [row.name, row]))
  const invitations = await statement<(Row & { room: number; user: number })[]>(
    connection,
    "SELECT room, user FROM invitations WHERE room IN (?) AND user IN (?) AND state = 'invited'",
    [[...new Set(missing.map(({ room }) => room))], accounts.map(({ id }) => id)],
  )
  const invited = new Set(invitations.map(({ room, user }) => `${room}\0${user}`))
  for (const { room, name } of missing) {
    const row = byName.get(name)
    if (!row) continue
    const account = toAccount(row, rooms.get(room)?.now ?? 0)
    state.addPerson(room, name, { account, member: undefined, isInvited: invited.has(`${room}\0${row.id}`) })
  }
}

function toAccount(row: AccountRow, now: number): Account {
  const isBanned = row.deleted_at !== null || (row.banned_until !== null && row.banned_until > now)
  return { userId: row.id, name: row.name, role: row.account_role, kind: row.kind, isBanned }
}

type TargetRow = Row &
  Omit<EventColumns, 'body' | 'data'> & { room: number; sender_id: number | null; request_hash: Buffer | null }

/** Without `body` and `data`, which are up to 16 KiB and which most events do not need. */
const TARGET_COLUMNS = `room, seq, kind, sender, sender_id, sender_label, client_id, created_at, audience, target,
  message_no, changed_seq, edited_at, recalled_at, expired_at, pinned_at, reactions, request_hash`

/** Reads the events that others are about, and how often those that are edited were edited before. */
export async function loadTargets(
  connection: PoolConnection,
  state: BatchState,
  targets: Pairs<number>,
  { edited, recalled }: { readonly edited: Pairs<number>; readonly recalled: Pairs<number> },
): Promise<void> {
  const { condition, values } = inRooms(targets, 'room', 'seq')
  if (condition === '') return
  const rows = await statement<TargetRow[]>(
    connection,
    `SELECT ${TARGET_COLUMNS} FROM room_events WHERE ${condition}`,
    values,
  )
  for (const row of rows) state.addRow(toRow(row), false)
  // Of a message of the release before, which has no hash, the text tells a repeat after a recall.
  const unhashed = [...recalled].map(
    ([room, seqs]) => [room, new Set([...seqs].filter((seq) => state.row(room, seq)?.requestHash === null))] as const,
  )
  for (const pairs of [edited, new Map(unhashed)]) await loadTexts(connection, state, pairs)
  const former = inRooms(edited, 'room', 'seq')
  if (former.condition === '') return
  const counts = await statement<(Row & { room: number; seq: number; edits: number })[]>(
    connection,
    `SELECT room, seq, COUNT(*) AS edits FROM former_texts WHERE ${former.condition} GROUP BY room, seq`,
    former.values,
  )
  for (const { room, seq, edits } of counts) state.setEdits(room, seq, edits)
}

async function loadTexts(connection: PoolConnection, state: BatchState, messages: Pairs<number>): Promise<void> {
  const { condition, values } = inRooms(messages, 'room', 'seq')
  if (condition === '') return
  const texts = await statement<(Row & { room: number; seq: number; body: string; data: string | null })[]>(
    connection,
    `SELECT room, seq, body, data FROM room_events WHERE ${condition}`,
    values,
  )
  for (const { room, seq, body, data } of texts)
    state.addText(room, seq, { body, data: data === null ? null : (JSON.parse(data) as Record<string, unknown>) })
}

function toRow(row: TargetRow): EventRow {
  return {
    room: row.room,
    seq: row.seq,
    kind: row.kind,
    sender: row.sender,
    senderId: row.sender_id,
    senderLabel: row.sender_label,
    clientId: row.client_id,
    at: row.created_at,
    audience: row.audience,
    target: row.target,
    messageNo: row.message_no,
    body: '',
    data: null,
    changedSeq: row.changed_seq,
    editedAt: row.edited_at,
    recalledAt: row.recalled_at,
    expiredAt: row.expired_at,
    pinnedAt: row.pinned_at,
    reactions: row.reactions === null ? null : parseReactions(row.reactions),
    requestHash: row.request_hash,
  }
}

/** Reads which of the batch's reactions exist. */
export async function loadReactions(
  connection: PoolConnection,
  state: BatchState,
  events: readonly NewEvent[],
): Promise<void> {
  const asked = events.flatMap(({ room, target, sender, data }) => {
    const user = state.person(room, sender).account?.userId
    return target === undefined || user === undefined ? [] : [[room, target, String(data?.['reaction']), user]]
  })
  if (asked.length === 0) return
  const rows = await statement<(Row & { room: number; seq: number; reaction: string; user: number })[]>(
    connection,
    `SELECT room, seq, reaction, user FROM reactions
     WHERE ${asked.map(() => '(room = ? AND seq = ? AND reaction = ? AND user = ?)').join(' OR ')}`,
    asked.flat(),
  )
  for (const { room, seq, reaction, user } of rows) state.addReaction(room, seq, reaction, user)
}

/** Reads who owns the rooms. */
export async function loadOwners(
  connection: PoolConnection,
  rooms: readonly number[],
): Promise<{ readonly room: number; readonly member: string }[]> {
  if (rooms.length === 0) return []
  return statement<(Row & { room: number; member: string })[]>(
    connection,
    "SELECT room, member FROM memberships WHERE room IN (?) AND role = 'owner'",
    [rooms],
  )
}

/** Reads how many members the rooms have. @param most how many are counted in a room, if not all */
export async function loadMemberCounts(
  connection: PoolConnection,
  state: BatchState,
  rooms: readonly { readonly room: number; readonly most: number | undefined }[],
): Promise<void> {
  if (rooms.length === 0) return
  const each = rooms.map(
    ({ most }) =>
      `SELECT ? AS room, COUNT(*) AS members
       FROM (SELECT 1 FROM memberships WHERE room = ?${most === undefined ? '' : ' LIMIT ?'}) AS counted`,
  )
  const rows = await statement<(Row & { room: number | string; members: number })[]>(
    connection,
    each.join(' UNION ALL '),
    rooms.flatMap(({ room, most }) => (most === undefined ? [room, room] : [room, room, most])),
  )
  for (const { room, members } of rows) state.setMembers(Number(room), members)
}

/** Reads who belongs to the rooms that have so few members that each is told of new settings. */
export async function loadToldMembers(
  connection: PoolConnection,
  state: BatchState,
  rooms: readonly number[],
): Promise<void> {
  if (rooms.length === 0) return
  const rows = await statement<(Row & { room: number; user: number | null })[]>(
    connection,
    rooms.map(() => '(SELECT room, user FROM memberships WHERE room = ? LIMIT ?)').join(' UNION ALL '),
    rooms.flatMap((room) => [room, MAX_TOLD_MEMBERS + 1]),
  )
  for (const [room, members] of Map.groupBy(rows, ({ room }) => room))
    if (members.length <= MAX_TOLD_MEMBERS)
      state.setTold(
        room,
        members.flatMap(({ user }) => (user === null ? [] : [user])),
      )
}
