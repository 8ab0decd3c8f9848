import type { MemberRole } from '../policy/types.ts'
import { pageOf, textIn } from './cursor.ts'
import type { Database, Row } from './database.ts'

/** A member as others see it. Times are milliseconds since 1970, by the database's clock. */
export interface ListedMember {
  readonly user: string
  /** As the member wants to be called; not unique. */
  readonly displayName?: string
  /** Only in direct rooms: others are left at once. */
  readonly isDeleted?: true
  readonly role: MemberRole
  readonly joinedAt: number
  readonly mutedUntil?: number
}

type MemberRow = Row & {
  member: string
  role: MemberRole
  joined_at: number
  muted_until: number | null
  display_name: string | null
  is_deleted: number
}

/** Lists the members of rooms. */
export class Members {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Members by name. @param cursor the `next` of the page before */
  async page(
    room: number,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ members: readonly ListedMember[]; next?: string }> {
    const rows = await this.#database.query<MemberRow>(
      `SELECT memberships.member, memberships.role, memberships.joined_at, memberships.muted_until, users.display_name,
         users.deleted_at IS NOT NULL AS is_deleted
       FROM memberships LEFT JOIN users ON users.name = memberships.member
       WHERE memberships.room = ? AND memberships.member > ? ORDER BY memberships.member LIMIT ?`,
      [room, textIn(cursor), limit + 1],
    )
    const { found, next } = pageOf(rows, limit, ({ member }) => member)
    return { members: found.map(toMember), ...next }
  }
}

function toMember(row: MemberRow): ListedMember {
  const { member: user, role, joined_at: joinedAt, muted_until: mutedUntil, display_name: displayName } = row
  return {
    user,
    ...(displayName !== null && { displayName }),
    ...(row.is_deleted === 1 && { isDeleted: true as const }),
    role,
    joinedAt,
    ...(mutedUntil !== null && { mutedUntil }),
  }
}
