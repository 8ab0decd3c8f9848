import type { PoolConnection } from 'mysql2/promise'
import type { Account, AccountKind, MemberRole, SystemRole } from '../policy/types.ts'
import { statement, type Row } from '../store/database.ts'
import type { EventColumns } from '../store/event-columns.ts'
import type { EventRow } from '../store/event-rows.ts'
import { parseReactions } from '../store/reaction-counts.ts'
import type { LockedRoom } from '../store/room-locks.ts'
import { unionAll, valuesTable, type Part } from '../store/union.ts'
import type { Asked, NeedOfText } from './asked.ts'
import type { BatchState } from './state.ts'

const PERSON = {
  user: 'users.id',
  name: 'users.name',
  account_role: 'users.role',
  account_kind: 'users.kind',
  banned_until: 'users.banned_until',
  deleted_at: 'users.deleted_at',
  member_role: 'memberships.role',
  muted_until: 'memberships.muted_until',
  from_seq: 'memberships.from_seq',
  invited: 'invitations.user',
}

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

/** Whoever is no member may be invited. Each name and each membership is one look-up in an index. */
const withPeople = (room: string, name: string) => `STRAIGHT_JOIN users ON users.name = ${name}
  LEFT JOIN memberships ON memberships.room = ${room} AND memberships.member = users.name
  LEFT JOIN invitations ON invitations.room = ${room} AND invitations.user = users.id AND invitations.state = 'invited'
    AND memberships.room IS NULL`

type TargetRow = Row &
  Omit<EventColumns, 'body' | 'data'> & {
    room: number
    sender_id: number | null
    request_hash: Buffer | null
    body: string | null
    data: string | null
    edits: number
  }

const TARGET_COLUMNS = [
  'seq',
  'kind',
  'sender',
  'sender_id',
  'sender_label',
  'client_id',
  'created_at',
  'audience',
  'target',
  'message_no',
  'changed_seq',
  'edited_at',
  'recalled_at',
  'expired_at',
  'pinned_at',
  'reactions',
  'request_hash',
]

/** By `NeedOfText`. */
const TEXT_NEEDS: Readonly<Record<NeedOfText, number>> = { never: 0, 'if it has no hash': 1, always: 2 }
const HAS_TEXT = '(asked.need = 2 OR (asked.need = 1 AND event.request_hash IS NULL))'
const TARGET = {
  ...Object.fromEntries(TARGET_COLUMNS.map((name) => [name, `event.${name}`])),
  body: `IF(${HAS_TEXT}, event.body, NULL)`,
  data: `IF(${HAS_TEXT}, event.data, NULL)`,
  // How often a message that is edited was edited before.
  edits: `IF(asked.need = 2, (SELECT COUNT(*) FROM former_texts
    WHERE former_texts.room = event.room AND former_texts.seq = event.seq), 0)`,
}

const ROOM = 'BIGINT UNSIGNED'
const SEQ = 'BIGINT UNSIGNED'
const NAME = 'VARCHAR(64) CHARACTER SET utf8mb4'
const REACTION = 'VARCHAR(32) CHARACTER SET utf8mb4'

/** Reads all that the decisions about a batch need with one statement. */
export async function load(
  connection: PoolConnection,
  state: BatchState,
  asked: Asked,
  rooms: ReadonlyMap<number, LockedRoom>,
): Promise<void> {
  const parts = partsOf(asked)
  if (parts.length === 0) return
  const { sql, values } = unionAll(parts)
  const rows = await statement<(Row & { part: keyof typeof KEEP })[]>(connection, sql, values)
  for (const row of rows) KEEP[row.part](state, row as never, rooms)
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
}

function partsOf({ people, targets, recalled, owned, reactions, counted }: Asked): Part[] {
  const named = [...people].flatMap(([room, names]) => [...names].map((name) => [room, name]))
  const taken = [...recalled].flatMap(([room, seqs]) => [...seqs].map((seq) => [room, seq]))
  const about = [...targets].flatMap(([room, seqs]) => [...seqs].map(([seq, need]) => [room, seq, TEXT_NEEDS[need]]))
  const given = reactions.map(({ room, seq, reaction, name }) => [room, seq, reaction, name])
  const parts: (Part | false)[] = [
    named.length > 0 && {
      name: 'person',
      columns: { room: 'asked.room', ...PERSON },
      from: `${valuesTable({ room: ROOM, name: NAME })} AS asked
        ${withPeople('asked.room', 'asked.name COLLATE utf8mb4_bin')}`,
      values: [JSON.stringify(named)],
    },
    taken.length > 0 && {
      name: 'person',
      columns: { room: 'asked.room', ...PERSON },
      from: `${valuesTable({ room: ROOM, seq: SEQ })} AS asked
        STRAIGHT_JOIN room_events AS event ON event.room = asked.room AND event.seq = asked.seq
        ${withPeople('asked.room', 'event.sender')}`,
      values: [JSON.stringify(taken)],
    },
    owned.length > 0 && {
      name: 'person',
      columns: { room: 'asked.room', ...PERSON },
      from: `memberships AS asked ${withPeople('asked.room', 'asked.member')}
        WHERE asked.room IN (?) AND asked.role = 'owner'`,
      values: [owned],
    },
    about.length > 0 && {
      name: 'target',
      columns: { room: 'asked.room', ...TARGET },
      from: `${valuesTable({ room: ROOM, seq: SEQ, need: 'INT' })} AS asked
        STRAIGHT_JOIN room_events AS event ON event.room = asked.room AND event.seq = asked.seq`,
      values: [JSON.stringify(about)],
    },
    given.length > 0 && {
      name: 'reaction',
      columns: { room: 'asked.room', seq: 'asked.seq', reaction: 'given.reaction', user: 'given.user' },
      from: `${valuesTable({ room: ROOM, seq: SEQ, reaction: REACTION, name: NAME })} AS asked
        STRAIGHT_JOIN users ON users.name = asked.name COLLATE utf8mb4_bin
        STRAIGHT_JOIN reactions AS given ON given.room = asked.room AND given.seq = asked.seq
          AND given.reaction = asked.reaction COLLATE utf8mb4_bin AND given.user = users.id`,
      values: [JSON.stringify(given)],
    },
    ...counted.map(({ room, most }) => ({
      name: 'members',
      columns: {
        room: 'asked.id',
        members: `(SELECT COUNT(*) FROM (SELECT 1 FROM memberships WHERE room = ${room}
          ${most === undefined ? '' : `LIMIT ${most}`}) AS counted)`,
      },
      from: 'rooms AS asked WHERE asked.id = ?',
      values: [room],
    })),
  ]
  return parts.filter((part) => part !== false)
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
