import type { MemberRole } from '../policy/types.ts'
import { pageOf, textIn } from './cursor.ts'
import type { Database, Row } from './database.ts'

/** A member as others see it. Times are milliseconds since 1970, by the database's clock. */
export interface ListedMember {
  readonly user: string
  readonly role: MemberRole
  readonly joinedAt: number
  readonly mutedUntil?: number
}

type MemberRow = Row & { member: string; role: MemberRole; joined_at: number; muted_until: number | null }

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
      `SELECT member, role, joined_at, muted_until FROM memberships
       WHERE room = ? AND member > ? ORDER BY member LIMIT ?`,
      [room, textIn(cursor), limit + 1],
    )
    const { found, next } = pageOf(rows, limit, ({ member }) => member)
    const members = found.map(({ member: user, role, joined_at: joinedAt, muted_until: mutedUntil }) => {
      return { user, role, joinedAt, ...(mutedUntil !== null && { mutedUntil }) }
    })
    return { members, ...next }
  }
}
