import { LRUCache } from 'lru-cache'
import type { Member, MemberRole } from '../policy/types.ts'
import { AppError } from '../support/errors.ts'
import { MEMBERSHIP_CACHE_MS } from '../support/limits.ts'
import type { Database, Row } from './database.ts'
import { NOW_MS } from './sql.ts'

/** A room, by its number in the database. */
interface InDatabase {
  readonly id: number
}

/** As many memberships take about 20 MB. */
const MAX_CACHED = 100_000

/** By name, so that it is the clock of a test, too. */
const MONOTONIC = { now: () => performance.now() }

/** Who belongs to which room. What is known is kept for a moment; that somebody is no member is never kept. */
export class Memberships {
  readonly #database: Database
  readonly #kept = new LRUCache<string, Member>({ max: MAX_CACHED, ttl: MEMBERSHIP_CACHE_MS, perf: MONOTONIC })

  constructor(database: Database) {
    this.#database = database
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
   * Makes a user a member of a room that anyone may join, as one who has read all of it. Events without a number yet are
   * messages, one each. It has no effect on a member, and writes nothing then.
   *
   * @returns the membership as it is in the database, so that one that has just ended is not revived by what was kept
   * @throws AppError `refused` if the room has as many members as it may have; the driver's error
   */
  async enrol(room: InDatabase, user: string, role: MemberRole = 'member'): Promise<Member> {
    const present = await this.read(room, user)
    if (present) return present
    await this.#database.execute(
      `INSERT IGNORE INTO memberships (room, member, user, role, joined_at, from_seq, read_seq, read_no)
       SELECT id, ?, (SELECT users.id FROM users WHERE users.name = ?), ?, ${NOW_MS},
         IF(history_rule = 'all', 0, last_seq + 1), last_seq, last_message_no + last_seq - numbered_seq
       FROM rooms
       WHERE id = ? AND (max_members IS NULL OR max_members > (SELECT COUNT(*) FROM memberships WHERE room = rooms.id))`,
      [user, user, role, room.id],
    )
    const member = await this.read(room, user)
    if (!member) throw new AppError('refused', 'the room has as many members as it may have', 'room')
    return member
  }
}

const keyOf = (room: number, user: string) => `${room}\0${user}`
