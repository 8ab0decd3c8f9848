import type { MemberRole, RoomRules } from '../policy/types.ts'
import { numberIn, pageOf } from './cursor.ts'
import type { Database, Row } from './database.ts'

/** A room in the list of a member. */
export interface OwnRoom {
  readonly room: string
  readonly kind: RoomRules['kind']
  readonly title: string
  /** The other user of a direct room. */
  readonly peer?: string
  readonly role: MemberRole
  readonly epoch: number
  /** The number of its last event. */
  readonly seq: number
  readonly readSeq: number
  /** Milliseconds since 1970, by the database's clock. */
  readonly endedAt?: number
}

type OwnRoomRow = Row & {
  id: number
  slug: string
  kind: RoomRules['kind']
  title: string
  peer: string | null
  role: MemberRole
  epoch: number
  last_seq: number
  read_seq: number
  ended_at: number | null
}

/** Lists the rooms of users. */
export class OwnRooms {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The rooms of which a user is a member, the oldest first. @param cursor the `next` of the page before */
  async page(
    user: string,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ rooms: readonly OwnRoom[]; next?: string }> {
    const rows = await this.#database.query<OwnRoomRow>(
      `SELECT rooms.id, rooms.slug, rooms.kind, rooms.title, rooms.epoch, rooms.last_seq, rooms.ended_at,
         own.role, own.read_seq,
         IF(rooms.kind = 'direct', COALESCE(
           (SELECT member FROM memberships WHERE room = rooms.id AND member <> ? LIMIT 1), own.member), NULL) AS peer
       FROM memberships AS own JOIN rooms ON rooms.id = own.room
       WHERE own.member = ? AND own.room > ? ORDER BY own.room LIMIT ?`,
      [user, user, numberIn(cursor), limit + 1],
    )
    const { found, next } = pageOf(rows, limit, ({ id }) => id)
    return { rooms: found.map(toOwnRoom), ...next }
  }
}

function toOwnRoom({ slug: room, kind, title, peer, role, epoch, ...row }: OwnRoomRow): OwnRoom {
  return {
    room,
    kind,
    title,
    ...(peer !== null && { peer }),
    role,
    epoch,
    seq: row.last_seq,
    readSeq: row.read_seq,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
  }
}
