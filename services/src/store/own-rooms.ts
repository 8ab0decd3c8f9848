import type { MemberRole, RoomRules } from '../policy/types.ts'
import { numberIn, pageOf } from './cursor.ts'
import { statement, type Database, type Row } from './database.ts'
import { addEntries, type InboxHead } from './inbox.ts'
import { inTransaction } from './transaction.ts'

export type Notify = 'all' | 'mentions' | 'none'

/** How often it is tried while deadlocks undo it. */
const ATTEMPTS = 3

/** A room in the list of a member. */
export interface OwnRoom {
  readonly room: string
  readonly kind: RoomRules['kind']
  readonly title: string
  /** The other user of a direct room, and how that one wants to be called. */
  readonly peer?: string
  readonly peerName?: string
  readonly isPeerDeleted?: true
  readonly role: MemberRole
  readonly epoch: number
  /** The number of its last event. */
  readonly seq: number
  readonly readSeq: number
  /** Of which messages the member wants to be notified. */
  readonly notify: Notify
  /** Milliseconds since 1970, by the database's clock. */
  readonly endedAt?: number
}

type OwnRoomRow = Row & {
  id: number
  slug: string
  kind: RoomRules['kind']
  title: string
  peer: string | null
  peer_name: string | null
  is_peer_deleted: number
  role: MemberRole
  epoch: number
  last_seq: number
  read_seq: number
  notify: Notify
  ended_at: number | null
}

/** Lists the rooms of users. */
export class OwnRooms {
  readonly #database: Database
  readonly #announce: (heads: readonly InboxHead[]) => void

  /** @param announce tells of the entries of inboxes, after COMMIT. @default they are found later */
  constructor(database: Database, announce: (heads: readonly InboxHead[]) => void = () => undefined) {
    this.#database = database
    this.#announce = announce
  }

  /** Sets of which messages a member wants to be notified, and tells the other devices. @param room by id */
  async setNotify(
    room: number,
    { user, userId, notify, seq }: { user: string; userId: number; notify: Notify; seq: number },
  ): Promise<void> {
    const heads = await inTransaction(
      this.#database,
      async (connection) => {
        await statement(connection, 'UPDATE memberships SET notify = ? WHERE room = ? AND member = ?', [
          notify,
          room,
          user,
        ])
        return addEntries(connection, [{ user: userId, kind: 'room', room, seq }])
      },
      { attempts: ATTEMPTS },
    )
    this.#announce(heads)
  }

  /** The rooms of which a user is a member, the oldest first. @param cursor the `next` of the page before */
  async page(
    user: string,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ rooms: readonly OwnRoom[]; next?: string }> {
    const rows = await this.#database.query<OwnRoomRow>(
      `SELECT listed.*, users.display_name AS peer_name, users.deleted_at IS NOT NULL AS is_peer_deleted FROM (SELECT rooms.id, rooms.slug, rooms.kind, rooms.title, rooms.epoch, rooms.last_seq, rooms.ended_at,
         own.role, own.read_seq, own.notify,
         IF(rooms.kind = 'direct', COALESCE(
           (SELECT member FROM memberships WHERE room = rooms.id AND member <> ? LIMIT 1), own.member), NULL) AS peer
       FROM memberships AS own JOIN rooms ON rooms.id = own.room
       WHERE own.member = ? AND own.room > ? ORDER BY own.room LIMIT ?) AS listed
       LEFT JOIN users ON users.name = listed.peer ORDER BY listed.id`,
      [user, user, numberIn(cursor), limit + 1],
    )
    const { found, next } = pageOf(rows, limit, ({ id }) => id)
    return { rooms: found.map(toOwnRoom), ...next }
  }
}

function toOwnRoom({ slug: room, kind, title, peer, peer_name: peerName, role, epoch, ...row }: OwnRoomRow): OwnRoom {
  return {
    room,
    kind,
    title,
    ...(peer !== null && { peer }),
    ...(peerName !== null && { peerName }),
    ...(row.is_peer_deleted === 1 && { isPeerDeleted: true as const }),
    role,
    epoch,
    seq: row.last_seq,
    readSeq: row.read_seq,
    notify: row.notify,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
  }
}
