import { LRUCache } from 'lru-cache'
import type { EventIdentity } from '../protocol/events.ts'
import type { Member } from '../policy/types.ts'
import { AppError } from '../support/errors.ts'
import type { Database, Row } from './database.ts'
import type { InboxHead } from './inbox.ts'
import { Memberships } from './memberships.ts'
import { createRoom, type NewRoom, type Room } from './new-room.ts'
import { NOW_MS } from './sql.ts'

/** The properties of a room that never change. */
export interface RoomKey {
  readonly id: number
  readonly slug: string
  /** Name of its Redis channel. */
  readonly channel: string
}

/** How far a room has come. */
export interface RoomHead {
  readonly id: number
  readonly epoch: number
  /** The number of its last event. */
  readonly lastSeq: number
  /** Who sent that event; undefined if the room has no events, or that one was purged. */
  readonly last: EventIdentity | undefined
  /** The number of its last message, and of the last one that has expired. */
  readonly lastMessageNo?: number
  readonly expiredNo?: number
}

/** As many rooms take about 10 MB. */
const MAX_CACHED_ROOMS = 100_000

/** Rooms and their members. */
export class Rooms {
  readonly #database: Database
  readonly #keys = new LRUCache<string, RoomKey>({ max: MAX_CACHED_ROOMS })
  readonly memberships: Memberships
  readonly #announce: (heads: readonly InboxHead[]) => void

  /** @param announce tells of the entries of inboxes, after COMMIT. @default they are found later */
  constructor(database: Database, announce: (heads: readonly InboxHead[]) => void = () => undefined) {
    this.#database = database
    this.#announce = announce
    this.memberships = new Memberships(database, announce)
  }

  /** @throws AppError as `createRoom` does */
  async create(room: NewRoom): Promise<Room> {
    return createRoom(this.#database, room, this.#announce)
  }

  /** Finds a room by its name. @throws AppError `not_found` */
  async key(slug: string): Promise<RoomKey> {
    const cached = this.#keys.get(slug)
    if (cached) return cached
    const [row] = await this.#database.query<Row & RoomKey>('SELECT id, slug, channel FROM rooms WHERE slug = ?', [
      slug,
    ])
    if (!row) throw noSuchRoom(slug)
    const key = { id: row.id, slug: row.slug, channel: row.channel }
    this.#keys.set(slug, key)
    return key
  }

  /** Makes a user a member. It has no effect on a member, and writes nothing then. */
  async enrol(room: RoomKey, member: string): Promise<Member> {
    return this.memberships.enrol(room, member)
  }

  /** @throws AppError `not_found` if the room was deleted */
  async head({ id, slug }: RoomKey): Promise<RoomHead> {
    const [head] = await this.heads([id])
    if (!head) throw noSuchRoom(slug)
    return head
  }

  /** The heads of those rooms that exist, in any order. */
  async heads(ids: readonly number[]): Promise<RoomHead[]> {
    if (ids.length === 0) return []
    return toHeads(await this.#database.query<HeadRow>(`${SELECT_HEADS} WHERE rooms.id IN (?)`, [ids]))
  }

  /** Rooms that changed in the last `withinMs` by the database's clock, at most `limit`, the newest first. */
  async changed(withinMs: number, limit: number): Promise<RoomHead[]> {
    return toHeads(
      await this.#database.query<HeadRow>(
        `${SELECT_HEADS} WHERE rooms.changed_at >= ${NOW_MS} - ? ORDER BY rooms.changed_at DESC LIMIT ?`,
        [withinMs, limit],
      ),
    )
  }

  /**
   * Makes the numbers of the room's events invalid for all clients, if the room still has this epoch and its last event
   * a lower number than `below`. So of several processes that try, one does it. If only the room's counter is lower, the
   * counter is repaired instead.
   *
   * @returns whether this call did it
   * @throws the driver's error; on a replica, that it is read-only
   */
  async raiseEpoch(room: number, epoch: number, below: number): Promise<boolean> {
    const { affectedRows } = await this.#database.execute(
      `UPDATE rooms SET epoch = GREATEST(epoch + 1, UNIX_TIMESTAMP()), changed_at = GREATEST(changed_at, ${NOW_MS})
       WHERE id = ? AND epoch = ? AND last_seq < ?
         AND NOT EXISTS (SELECT 1 FROM room_events WHERE room = ? AND seq >= ?)`,
      [room, epoch, below, room, below],
    )
    if (affectedRows === 0) await this.#repairCounter(room)
    return affectedRows > 0
  }

  /**
   * Raises the epoch of a room beyond `epoch`, if it is lower: a backup from before it was raised was restored.
   *
   * @returns whether this call did it
   * @throws the driver's error; on a replica, that it is read-only
   */
  async raiseOlderEpoch(room: number, epoch: number): Promise<boolean> {
    const { affectedRows } = await this.#database.execute(
      `UPDATE rooms SET epoch = GREATEST(? + 1, UNIX_TIMESTAMP()), changed_at = GREATEST(changed_at, ${NOW_MS})
       WHERE id = ? AND epoch < ?`,
      [epoch, room, epoch],
    )
    return affectedRows > 0
  }

  async #repairCounter(room: number): Promise<void> {
    const newest = '(SELECT MAX(seq) FROM room_events WHERE room = ?)'
    const of = (column: string) => `(SELECT ${column} FROM room_events WHERE room = ? ORDER BY seq DESC LIMIT 1)`
    await this.#database.execute(
      `UPDATE rooms SET last_seq = ${newest}, changed_at = GREATEST(changed_at, ${NOW_MS}),
         numbered_seq = IF(${of('changed_seq')} IS NULL, numbered_seq, last_seq),
         last_message_no = GREATEST(last_message_no, COALESCE((SELECT MAX(message_no) FROM room_events WHERE room = ?), 0))
       WHERE id = ? AND last_seq < ${newest}`,
      [room, room, room, room, room],
    )
  }
}

const SELECT_HEADS = `SELECT rooms.id, rooms.epoch, rooms.last_seq, rooms.last_message_no, rooms.expired_no,
    newest.sender, newest.client_id
  FROM rooms LEFT JOIN room_events AS newest ON newest.room = rooms.id AND newest.seq = rooms.last_seq`

type HeadRow = Row & {
  id: number
  epoch: number
  last_seq: number
  last_message_no: number
  expired_no: number
  sender: string | null
  client_id: string | null
}

function toHeads(rows: readonly HeadRow[]): RoomHead[] {
  return rows.map(({ id, epoch, last_seq: lastSeq, sender, client_id: clientId, ...numbers }) => {
    const last = sender === null || clientId === null ? undefined : { sender, clientId }
    return { id, epoch, lastSeq, last, lastMessageNo: numbers.last_message_no, expiredNo: numbers.expired_no }
  })
}

/** The error for a room that does not exist, and for one that the user may not know of. */
export function noSuchRoom(slug: string): AppError {
  return new AppError('not_found', `there is no room "${slug}"`, 'room')
}

/** The error for a user who is not a member of a room, or a connection that has not joined it. */
export function notJoined(slug: string): AppError {
  return new AppError('forbidden', `join the room "${slug}" first`, 'room')
}
