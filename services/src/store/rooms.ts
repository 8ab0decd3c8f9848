import { randomBytes, randomInt } from 'node:crypto'
import { AppError } from '../support/errors.ts'
import { BoundedCache } from '../support/bounded-cache.ts'
import type { Database, Row } from './database.ts'
import { isDuplicateKey } from './mysql-errors.ts'

/** What never changes about a room. */
export interface RoomKey {
  readonly id: number
  readonly slug: string
  /** Name of its Redis channel. */
  readonly channel: string
}

export interface RoomHead {
  readonly id: number
  readonly epoch: number
  readonly lastSeq: number
}

export interface Room {
  readonly room: string
  readonly title: string
  readonly epoch: number
}

/** 100,000 rooms and memberships are some 20 MB. */
const cacheEntries = 100_000

const columns = 'id, slug, channel'

export class Rooms {
  readonly #database: Database
  readonly #keys = new BoundedCache<string, RoomKey>(cacheEntries)
  readonly #members = new BoundedCache<string, true>(cacheEntries)

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Makes a room with its creator as the first member. The same creator may ask again (a lost answer) and gets the same room.
   * @throws AppError `conflict` where another one has that name.
   */
  async create(options: { slug?: string | undefined; title: string; createdBy: string }): Promise<Room> {
    const slug = options.slug ?? randomName(20)
    try {
      await this.#database.execute(
        `INSERT INTO rooms (slug, channel, title, created_by, created_at, epoch)
         VALUES (?, ?, ?, ?, UNIX_TIMESTAMP() * 1000, UNIX_TIMESTAMP())`,
        [slug, randomBytes(8).toString('hex'), options.title, options.createdBy],
      )
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
    }
    const [row] = await this.#database.query<Row & { title: string; created_by: string; epoch: number }>(
      'SELECT title, created_by, epoch FROM rooms WHERE slug = ?',
      [slug],
    )
    if (!row || row.created_by !== options.createdBy) {
      throw new AppError(
        'conflict',
        `the room "${slug}" belongs to someone else: choose another name or join it`,
        'room',
      )
    }
    await this.enrol(await this.key(slug), options.createdBy)
    return { room: slug, title: row.title, epoch: row.epoch }
  }

  /** @throws AppError `not_found` */
  async key(slug: string): Promise<RoomKey> {
    const cached = this.#keys.get(slug)
    if (cached) return cached
    const [row] = await this.#database.query<Row & RoomKey>(`SELECT ${columns} FROM rooms WHERE slug = ?`, [slug])
    if (!row) throw new AppError('not_found', `there is no room "${slug}"`, 'room')
    const key = { id: row.id, slug: row.slug, channel: row.channel }
    this.#keys.set(slug, key)
    return key
  }

  /** Makes a user a member; one who is already stays so. */
  async enrol(room: RoomKey, member: string): Promise<void> {
    if (this.#members.get(memberKey(room, member))) return
    await this.#database.execute(
      'INSERT IGNORE INTO memberships (room, member, joined_at) VALUES (?, ?, UNIX_TIMESTAMP() * 1000)',
      [room.id, member],
    )
    this.#members.set(memberKey(room, member), true)
  }

  /** @throws AppError `forbidden` for one who has not joined. */
  async requireMember(room: RoomKey, member: string): Promise<void> {
    if (this.#members.get(memberKey(room, member))) return
    const rows = await this.#database.query('SELECT room FROM memberships WHERE room = ? AND member = ?', [
      room.id,
      member,
    ])
    if (rows.length === 0) throw new AppError('forbidden', `join the room "${room.slug}" first`, 'room')
    this.#members.set(memberKey(room, member), true)
  }

  async heads(ids: readonly number[]): Promise<RoomHead[]> {
    if (ids.length === 0) return []
    return toHeads(await this.#database.query<HeadRow>('SELECT id, epoch, last_seq FROM rooms WHERE id IN (?)', [ids]))
  }

  /** Rooms that changed within the last `withinMs` by the database's clock, at most `limit`, the newest first. */
  async changed(withinMs: number, limit: number): Promise<RoomHead[]> {
    return toHeads(
      await this.#database.query<HeadRow>(
        `SELECT id, epoch, last_seq FROM rooms
         WHERE changed_at >= CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) - ? ORDER BY changed_at DESC LIMIT ?`,
        [withinMs, limit],
      ),
    )
  }
}

type HeadRow = Row & { id: number; epoch: number; last_seq: number }

function toHeads(rows: readonly HeadRow[]): RoomHead[] {
  return rows.map(({ id, epoch, last_seq }) => ({ id, epoch, lastSeq: last_seq }))
}

const memberKey = (room: RoomKey, member: string) => `${room.id}\0${member}`

const letters = 'abcdefghijkmnpqrstuvwxyz23456789'

function randomName(length: number): string {
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join('')
}
