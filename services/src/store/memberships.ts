import { LRUCache } from 'lru-cache'
import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import type { Member, MemberRole } from '../policy/types.ts'
import { AppError } from '../support/errors.ts'
import { MEMBERSHIP_CACHE_MS } from '../support/limits.ts'
import { statement, type Database, type Row } from './database.ts'
import { addEntries, type InboxHead } from './inbox.ts'
import { NOW_MS } from './sql.ts'
import { inTransaction } from './transaction.ts'

/** A room, by its number in the database. */
interface InDatabase {
  readonly id: number
}

/** As many memberships take about 20 MB. */
const MAX_CACHED = 100_000
/** How often a join is tried while deadlocks undo it. */
const ENROL_ATTEMPTS = 3

/** By name, so that it is the clock of a test, too. */
const MONOTONIC = { now: () => performance.now() }

/** Who belongs to which room. What is known is kept for a moment; that somebody is no member is never kept. */
export class Memberships {
  readonly #database: Database
  readonly #kept = new LRUCache<string, Member>({ max: MAX_CACHED, ttl: MEMBERSHIP_CACHE_MS, perf: MONOTONIC })

  readonly #announce: (heads: readonly InboxHead[]) => void

  /** @param announce tells of the entries of inboxes, after COMMIT. @default they are found later */
  constructor(database: Database, announce: (heads: readonly InboxHead[]) => void = () => undefined) {
    this.#database = database
    this.#announce = announce
  }

  /** Undefined for a user who is not a member. @throws the driver's error */
  async of(room: InDatabase, user: string): Promise<Member | undefined> {
    return this.#kept.get(keyOf(room.id, user)) ?? this.read(room, user)
  }

  /** The same as it is in the database now. @throws the driver's error */
  async read({ id }: InDatabase, user: string): Promise<Member | undefined> {
    const [row] = await this.#database.query<Row & { role: MemberRole; muted_until: number | null; from_seq: number }>(
      'SELECT role, muted_until, from_seq FROM memberships WHERE room = ? AND member = ?',
      [id, user],
    )
    if (!row) return undefined
    const member = { role: row.role, mutedUntil: row.muted_until ?? undefined, fromSeq: row.from_seq }
    this.#kept.set(keyOf(id, user), member)
    return member
  }

  /** The membership has changed. @param room the room's id */
  drop(room: number, user: string): void {
    this.#kept.delete(keyOf(room, user))
  }

  /**
   * Makes a user a member of a room that anyone may join, as one who has read all of it, and says so in the inbox. Events without a number yet are
   * messages, one each. It has no effect on a member, and writes nothing then. The room is locked, so that what it is
   * asked about holds: a room may have been closed, or filled, since its settings were read. While typed events are not
   * enabled, which the database says, and not what this process knows, anyone may join any room.
   *
   * @returns the membership as it is in the database, so that one that has just ended is not revived by what was kept
   * @throws AppError `forbidden` if the room is not open to everyone any more, `refused` if it has as many members as it
   * may have, `not_found` if it was deleted; the driver's error
   */
  async enrol(room: InDatabase, user: string, role: MemberRole = 'member'): Promise<Member> {
    const present = await this.read(room, user)
    if (present) return present
    const work = (connection: PoolConnection) => insertInOpen(connection, room.id, { user, role })
    this.#announce(await inTransaction(this.#database, work, { attempts: ENROL_ATTEMPTS }))
    const member = await this.read(room, user)
    // Removed in this moment.
    if (!member) throw new AppError('forbidden', 'your membership has just ended: join the room again', 'room')
    return member
  }
}

type LockedRow = Row & { is_open: number; max_members: number | null; last_seq: number }

async function insertInOpen(
  connection: PoolConnection,
  room: number,
  { user, role }: { user: string; role: MemberRole },
): Promise<InboxHead[]> {
  const [locked] = await statement<LockedRow[]>(
    connection,
    `SELECT max_members, last_seq, join_rule = 'open' AND ended_at IS NULL AS is_open FROM rooms WHERE id = ? FOR UPDATE`,
    [room],
  )
  if (!locked) throw new AppError('not_found', 'the room was deleted', 'room')
  if (locked.is_open === 0 && (await areTypedEventsEnabled(connection)))
    throw new AppError('forbidden', 'the room is not open to everyone any more', 'room')
  const { max_members: most } = locked
  if (most !== null && (await others(connection, room, user)) >= most)
    throw new AppError('refused', 'the room has as many members as it may have', 'room')
  const { affectedRows } = await statement<ResultSetHeader>(
    connection,
    `INSERT IGNORE INTO memberships (room, member, user, role, joined_at, from_seq, read_seq, read_no)
     SELECT id, ?, (SELECT users.id FROM users WHERE users.name = ?), ?, ${NOW_MS},
       IF(history_rule = 'all', 0, last_seq + 1), last_seq, last_message_no + last_seq - numbered_seq
     FROM rooms WHERE id = ?`,
    [user, user, role, room],
  )
  if (affectedRows === 0) return []
  const [account] = await statement<(Row & { id: number })[]>(connection, 'SELECT id FROM users WHERE name = ?', [user])
  return addEntries(connection, account ? [{ user: account.id, kind: 'room', room, seq: locked.last_seq }] : [])
}

async function areTypedEventsEnabled(connection: PoolConnection): Promise<boolean> {
  const rows = await statement<Row[]>(
    connection,
    "SELECT 1 FROM features WHERE name = 'typed-events' AND enabled_at IS NOT NULL",
  )
  return rows.length > 0
}

/** Whoever has just become a member over another connection is not counted. */
async function others(connection: PoolConnection, room: number, user: string): Promise<number> {
  const [row] = await statement<(Row & { count: number })[]>(
    connection,
    'SELECT COUNT(*) AS count FROM memberships WHERE room = ? AND member <> ?',
    [room, user],
  )
  return row?.count ?? 0
}

const keyOf = (room: number, user: string) => `${room}\0${user}`
