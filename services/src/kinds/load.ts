import type { PoolConnection } from 'mysql2/promise'
import type { Account, AccountKind, MemberRole, SystemRole } from '../policy/types.ts'
import { statement, type Row } from '../store/database.ts'
import type { EventColumns } from '../store/event-columns.ts'
import type { EventRow } from '../store/event-rows.ts'
import { parseReactions } from '../store/reaction-counts.ts'
import type { LockedRoom } from '../store/room-locks.ts'
import { unionAll } from '../store/union.ts'
import { MAX_TOLD_MEMBERS } from '../support/limits.ts'
import type { Asked } from './asked.ts'
import { NUMBERS, partsOf } from './reads.ts'
import type { BatchState } from './state.ts'

type PersonRow = Row & {
  room: number
  user: number
  name: string
  account_role: SystemRole
  account_kind: AccountKind
  banned_until: number | null
  deleted_at: number | null
  member_role: MemberRole | null
  muted_until: number | null
  from_seq: number | null
  invited: number | null
}

type TargetRow = Row &
  Omit<EventColumns, 'body' | 'data'> & {
    room: number
    sender_id: number | null
    request_hash: Buffer | null
    body: string | null
    data: string | null
    edits: number
  }

/** Reads all that the decisions about a batch need with one statement. */
export async function load(
  connection: PoolConnection,
  state: BatchState,
  asked: Asked,
  rooms: ReadonlyMap<number, LockedRoom>,
): Promise<void> {
  const parts = partsOf(asked)
  if (parts.length === 0) return
  const { sql, values } = unionAll(parts, NUMBERS)
  const rows = await statement<(Row & { part: keyof typeof KEEP | 'told' })[]>(connection, sql, values)
  for (const row of rows) if (row.part !== 'told') KEEP[row.part](state, row as never, rooms)
  keepTold(state, rows.filter(({ part }) => part === 'told') as unknown as ToldRow[])
}

/** What becomes of the rows of each part. */
const KEEP = {
  person: (state: BatchState, row: PersonRow, rooms: ReadonlyMap<number, LockedRoom>) => {
    const account = toAccount(row, rooms.get(row.room)?.now ?? 0)
    const { member_role: role, muted_until: mutedUntil, from_seq: fromSeq } = row
    const member = role === null ? undefined : { role, mutedUntil: mutedUntil ?? undefined, fromSeq: fromSeq ?? 0 }
    state.addPerson(row.room, row.name, { account, member, isInvited: row.invited !== null })
  },
  target: (state: BatchState, row: TargetRow) => {
    state.addRow(toRow(row), false)
    const { room, seq, body, data, edits } = row
    if (body !== null)
      state.addText(room, seq, { body, data: data === null ? null : (JSON.parse(data) as Record<string, unknown>) })
    state.setEdits(room, seq, edits)
  },
  reaction: (state: BatchState, row: Row & { room: number; seq: number; reaction: string; user: number }) =>
    state.addReaction(row.room, row.seq, row.reaction, row.user),
  members: (state: BatchState, row: Row & { room: number; members: number }) => state.setMembers(row.room, row.members),
  shut: (state: BatchState, row: Row & { room: number; name: string }) => state.addShutPeer(row.room, row.name),
  block: (state: BatchState, row: Row & { user: number; other: number }) => state.addBlock(row.user, row.other),
}

type ToldRow = Row & { room: number; user: number | null }

/** The members of the rooms that have so few that each is told of new settings. */
function keepTold(state: BatchState, rows: readonly ToldRow[]): void {
  for (const [room, members] of Map.groupBy(rows, (row) => row.room)) {
    const users = members.flatMap(({ user }) => (user === null ? [] : [user]))
    if (members.length <= MAX_TOLD_MEMBERS) state.setTold(room, users)
  }
}

function toAccount(row: PersonRow, now: number): Account {
  const isBanned = row.deleted_at !== null || (row.banned_until !== null && row.banned_until > now)
  return { userId: row.user, name: row.name, role: row.account_role, kind: row.account_kind, isBanned }
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
