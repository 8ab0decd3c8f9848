import type { RoomRules } from '../policy/types.ts'
import { MAX_COUNTED_MEMBERS, MAX_SEARCHED_ROOMS } from '../support/limits.ts'
import { cursorOf, numberIn } from './cursor.ts'
import type { Database, Row } from './database.ts'

/** A public room, as everyone sees it. */
export interface ListedRoom {
  readonly room: string
  readonly title: string
  readonly topic?: string
  readonly join: RoomRules['join']
  /** At most 5000: there may be more. */
  readonly members: number
  /** Of its last event; milliseconds since 1970, by the database's clock. */
  readonly activeAt: number
}

type RoomRow = Row & {
  id: number
  slug: string
  title: string
  topic: string | null
  join_rule: RoomRules['join']
  active_at: number
}

const MATCHES = ['slug', 'title', 'topic']
  .map((column) => `CONVERT(${column} USING utf8mb4) COLLATE utf8mb4_general_ci LIKE ?`)
  .join(' OR ')

/** Lists public rooms. */
export class Directory {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Public rooms that have not ended, the newest first. A page looks at 5,000 rooms, and can have none although another
   * one follows.
   *
   * @param query a part of the name, the title or the topic. @default all
   * @param cursor the `next` of the page before
   */
  async page(
    query: string | undefined,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ rooms: readonly ListedRoom[]; next?: string }> {
    const before = numberIn(cursor) || Number.MAX_SAFE_INTEGER
    const [end] = await this.#database.query<Row & { id: number }>(
      "SELECT id FROM rooms WHERE kind = 'public' AND id < ? ORDER BY id DESC LIMIT 1 OFFSET ?",
      [before, MAX_SEARCHED_ROOMS - 1],
    )
    const pattern =
      query === undefined ? [] : Array.from({ length: 3 }, () => `%${query.replaceAll(/[\\%_]/g, '\\$&')}%`)
    const rows = await this.#database.query<RoomRow>(
      `SELECT id, slug, title, topic, join_rule, GREATEST(changed_at, created_at) AS active_at
       FROM rooms WHERE kind = 'public' AND id < ? AND id >= ? AND ended_at IS NULL AND slug NOT LIKE '\\_%'
         ${query === undefined ? '' : `AND (${MATCHES})`}
       ORDER BY id DESC LIMIT ?`,
      [before, end?.id ?? 0, ...pattern, limit],
    )
    const last = rows.length === limit ? rows.at(-1) : end
    const members = await this.#members(rows.map(({ id }) => id))
    return {
      rooms: rows.map((row) => toListed(row, members.get(row.id) ?? 0)),
      ...(last && { next: cursorOf(last.id) }),
    }
  }

  /** How many members the rooms have, by id. A room with more is counted up to a bound. */
  async #members(rooms: readonly number[]): Promise<ReadonlyMap<number, number>> {
    if (rooms.length === 0) return new Map()
    const count = `SELECT ? AS room, COUNT(*) AS members FROM (SELECT 1 FROM memberships WHERE room = ? LIMIT ?) AS counted`
    const rows = await this.#database.query<Row & { room: number | string; members: number }>(
      rooms.map(() => count).join(' UNION ALL '),
      rooms.flatMap((room) => [room, room, MAX_COUNTED_MEMBERS]),
    )
    return new Map(rows.map(({ room, members }) => [Number(room), members]))
  }
}

function toListed(
  { slug: room, title, topic, join_rule: join, active_at: activeAt }: RoomRow,
  members: number,
): ListedRoom {
  return { room, title, ...(topic !== null && topic !== '' && { topic }), join, members, activeAt }
}
