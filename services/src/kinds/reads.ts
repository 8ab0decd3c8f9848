import { SHUT_PEERS } from '../store/blocks.ts'
import { EVENT_COLUMNS } from '../store/event-columns.ts'
import { valuesTable, type Part } from '../store/union.ts'
import { MAX_TOLD_MEMBERS } from '../support/limits.ts'
import type { Asked, NeedOfText } from './asked.ts'

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

/** Whoever is no member may be invited. Each name and each membership is one look-up in an index. */
const withPeople = (room: string, name: string) => `STRAIGHT_JOIN users ON users.name = ${name}
  LEFT JOIN memberships ON memberships.room = ${room} AND memberships.member = users.name
  LEFT JOIN invitations ON invitations.room = ${room} AND invitations.user = users.id AND invitations.state = 'invited'
    AND memberships.room IS NULL`

/** All but the text, which most events do not need. */
const TARGET_COLUMNS = [
  ...EVENT_COLUMNS.filter((name) => name !== 'body' && name !== 'data'),
  'sender_id',
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
  edits: `CAST(IF(asked.need = 2, (SELECT COUNT(*) FROM former_texts
    WHERE former_texts.room = event.room AND former_texts.seq = event.seq), 0) AS UNSIGNED)`,
}

const ROOM = 'BIGINT UNSIGNED'
const SEQ = 'BIGINT UNSIGNED'
const NAME = 'VARCHAR(64) CHARACTER SET utf8mb4'
const REACTION = 'VARCHAR(32) CHARACTER SET utf8mb4'

/** The columns of all parts that are unsigned integers. */
export const NUMBERS: ReadonlySet<string> = new Set([
  'room',
  'user',
  'other',
  'banned_until',
  'deleted_at',
  'muted_until',
  'from_seq',
  'invited',
  'seq',
  'sender_id',
  'created_at',
  'target',
  'message_no',
  'changed_seq',
  'edited_at',
  'recalled_at',
  'expired_at',
  'pinned_at',
  'edits',
  'members',
])

/** The SELECTs that read what is asked. */
export function partsOf({
  people,
  targets,
  recalled,
  owned,
  reactions,
  counted,
  direct,
  mentions,
  told,
}: Asked): Part[] {
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
    direct.length > 0 && {
      name: 'shut',
      columns: { room: 'asked.room', name: 'asked.name' },
      from: `(${SHUT_PEERS}) AS asked`,
      values: [direct],
    },
    mentions.length > 0 && {
      name: 'block',
      columns: { user: 'blocks.user', other: 'blocks.blocked' },
      from: `${valuesTable({ name: NAME, other: NAME })} AS asked
        STRAIGHT_JOIN users ON users.name = asked.name COLLATE utf8mb4_bin
        STRAIGHT_JOIN users AS others ON others.name = asked.other COLLATE utf8mb4_bin
        STRAIGHT_JOIN blocks ON blocks.user = users.id AND blocks.blocked = others.id`,
      values: [
        JSON.stringify(
          mentions.flatMap(([from, to]) => [
            [from, to],
            [to, from],
          ]),
        ),
      ],
    },
    ...told.map((room) => ({
      name: 'told',
      columns: { room: 'asked.room', user: 'asked.user' },
      from: '(SELECT room, user FROM memberships WHERE room = ? LIMIT ?) AS asked',
      values: [room, MAX_TOLD_MEMBERS + 1],
    })),
    ...counted.map(({ room, most }) => ({
      name: 'members',
      columns: {
        room: 'asked.id',
        members: `CAST((SELECT COUNT(*) FROM (SELECT 1 FROM memberships WHERE room = ${room}
          ${most === undefined ? '' : `LIMIT ${most}`}) AS counted) AS UNSIGNED)`,
      },
      from: 'rooms AS asked WHERE asked.id = ?',
      values: [room],
    })),
  ]
  return parts.filter((part) => part !== false)
}
