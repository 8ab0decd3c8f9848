import { randomBytes, randomInt } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { AppError } from '../support/errors.ts'
import type { Database, Row } from './database.ts'
import { isDuplicateKey } from './mysql-errors.ts'
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
}

/** A room as the API returns it. */
export interface Room {
  /** Its name in URLs and frames. */
  readonly room: string
  readonly title: string
  readonly epoch: number
}

/** 100,000 rooms and as many memberships take about 20 MB. */
const MAX_CACHED_ROOMS = 100_000
const MAX_CACHED_MEMBERS = 100_000

const CHANNEL_BYTES = 8
const RANDOM_NAME_CHARACTERS = 20
/** Letters and digits that are not mistaken for each other. */
const NAME_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

/** Rooms and their members. */
export class Rooms {
  readonly #database: Database
  readonly #keys = new LRUCache<string, RoomKey>({ max: MAX_CACHED_ROOMS })
  readonly #members = new LRUCache<string, true>({ max: MAX_CACHED_MEMBERS })

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Creates a room whose first member is its creator. If the creator repeats the request (the answer was lost), the
   * room is returned.
   * @throws AppError `conflict` if the room belongs to another user
   */
  async create(options: { slug?: string | undefined; title: string; createdBy: string }): Promise<Room> {
    const slug = options.slug ?? randomName(RANDOM_NAME_CHARACTERS)
    try {
      await this.#database.execute(
        `INSERT INTO rooms (slug, channel, title, created_by, created_at, epoch)
         VALUES (?, ?, ?, ?, UNIX_TIMESTAMP() * 1000, UNIX_TIMESTAMP())`,
        [slug, randomBytes(CHANNEL_BYTES).toString('hex'), options.title, options.createdBy],
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

  /** Makes a user a member. It has no effect on a member. */
  async enrol(room: RoomKey, member: string): Promise<void> {
    if (this.#members.get(memberKey(room, member))) return
    await this.#database.execute(
      'INSERT IGNORE INTO memberships (room, member, joined_at) VALUES (?, ?, UNIX_TIMESTAMP() * 1000)',
      [room.id, member],
    )
    this.#members.set(memberKey(room, member), true)
  }

  /** @throws AppError `forbidden` if the user is not a member */
  async requireMember(room: RoomKey, member: string): Promise<void> {
    if (this.#members.get(memberKey(room, member))) return
    const rows = await this.#database.query('SELECT room FROM memberships WHERE room = ? AND member = ?', [
      room.id,
      member,
    ])
    if (rows.length === 0) throw notJoined(room.slug)
    this.#members.set(memberKey(room, member), true)
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
    return toHeads(await this.#database.query<HeadRow>('SELECT id, epoch, last_seq FROM rooms WHERE id IN (?)', [ids]))
  }

  /** Rooms that changed in the last `withinMs` by the database's clock, at most `limit`, the newest first. */
  async changed(withinMs: number, limit: number): Promise<RoomHead[]> {
    return toHeads(
      await this.#database.query<HeadRow>(
        `SELECT id, epoch, last_seq FROM rooms
         WHERE changed_at >= ${NOW_MS} - ? ORDER BY changed_at DESC LIMIT ?`,
        [withinMs, limit],
      ),
    )
  }
}

type HeadRow = Row & { id: number; epoch: number; last_seq: number }

function toHeads(rows: readonly HeadRow[]): RoomHead[] {
  return rows.map(({ id, epoch, last_seq }) => ({ id, epoch, lastSeq: last_seq }))
}

function noSuchRoom(slug: string): AppError {
  return new AppError('not_found', `there is no room "${slug}"`, 'room')
}

/** The error for a user who is not a member of a room, or a connection that has not joined it. */
export function notJoined(slug: string): AppError {
  return new AppError('forbidden', `join the room "${slug}" first`, 'room')
}

const memberKey = (room: RoomKey, member: string) => `${room.id}\0${member}`

function randomName(length: number): string {
  return Array.from({ length }, () => NAME_ALPHABET[randomInt(NAME_ALPHABET.length)]).join('')
}
