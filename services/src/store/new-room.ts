import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import type { RoomRules } from '../policy/types.ts'
import { AppError } from '../support/errors.ts'
import { statement, type Database, type Row } from './database.ts'
import { addEntries, type InboxHead } from './inbox.ts'
import { isDuplicateKey } from './mysql-errors.ts'
import { randomChannel, randomName } from './random-names.ts'
import { NOW_MS } from './sql.ts'
import { inTransaction } from './transaction.ts'

/** A room as the API returns it. */
export interface Room {
  /** Its name in URLs and frames. */
  readonly room: string
  readonly title: string
  readonly epoch: number
}

export interface NewRoom {
  /** @default a random one */
  readonly slug?: string | undefined
  readonly title: string
  /** The name of the user. */
  readonly createdBy: string
  /** @default anyone may join and write */
  readonly rules?: RoomRules
  /** Of several requests of a user with the same one, one makes a room. @default each makes one */
  readonly clientId?: string | undefined
}

/** A room that anyone may join, as the release before makes all of them. */
export const OPEN_TO_ALL: RoomRules = { kind: 'public', join: 'open', post: 'everyone', history: 'all' }

/** How often it is tried while deadlocks undo it. */
const ATTEMPTS = 3

/**
 * Creates a room whose owner and first member is its creator. If the creator repeats the request (the answer was lost),
 * and is a member still, the room is returned. A repetition changes nothing, so that whoever has left or was removed
 * does not come back as its owner.
 *
 * @param announce tells of the entries of inboxes, after COMMIT
 * @throws AppError `conflict` if there is another room of this name, in the same words whoever may see it, or if the
 * client id has made another room
 */
export async function createRoom(
  database: Database,
  { slug, clientId, ...room }: NewRoom,
  announce: (heads: readonly InboxHead[]) => void,
): Promise<Room> {
  const { title, createdBy, rules = OPEN_TO_ALL } = room
  const name = slug ?? randomName()
  try {
    const work = (connection: PoolConnection) => insert(connection, { title, createdBy, rules, slug: name, clientId })
    announce(await inTransaction(database, work, { attempts: ATTEMPTS }))
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
  }
  const by = clientId === undefined ? 'slug' : 'client_id'
  const [row] = await database.query<Row & { slug: string; title: string; epoch: number; kind: string }>(
    `SELECT rooms.slug, rooms.title, rooms.epoch, rooms.kind
     FROM rooms JOIN memberships ON memberships.room = rooms.id AND memberships.member = ?
     WHERE rooms.${by} = ? AND rooms.created_by = ?`,
    [createdBy, clientId ?? name, createdBy],
  )
  if (row?.kind === rules.kind && (slug ?? row.slug) === row.slug) {
    return { room: row.slug, title: row.title, epoch: row.epoch }
  }
  if (row && clientId !== undefined)
    throw new AppError('conflict', `"${clientId}" has made another room: choose another id for this one`, 'clientId')
  const message = `there is a room "${name}" already: choose another name, or join it if it is public`
  throw new AppError('conflict', message, 'room')
}

type NewRow = Required<Pick<NewRoom, 'slug' | 'title' | 'createdBy' | 'rules' | 'clientId'>>

/** The room, its owner and what the owner's devices are told are there together, or none of it. */
async function insert(
  connection: PoolConnection,
  { slug, title, createdBy, rules: { kind, join, post, history }, clientId }: NewRow,
): Promise<InboxHead[]> {
  const { insertId: room } = await statement<ResultSetHeader>(
    connection,
    `INSERT INTO rooms (slug, channel, title, created_by, created_at, epoch, kind, join_rule, post_rule, history_rule,
       client_id)
     VALUES (?, ?, ?, ?, UNIX_TIMESTAMP() * 1000, UNIX_TIMESTAMP(), ?, ?, ?, ?, ?)`,
    [slug, randomChannel(), title, createdBy, kind, join, post, history, clientId ?? null],
  )
  const [user] = await statement<(Row & { id: number })[]>(connection, 'SELECT id FROM users WHERE name = ?', [
    createdBy,
  ])
  await statement<ResultSetHeader>(
    connection,
    `INSERT INTO memberships (room, member, user, role, joined_at) VALUES (?, ?, ?, 'owner', ${NOW_MS})`,
    [room, createdBy, user?.id ?? null],
  )
  return addEntries(connection, user ? [{ user: user.id, kind: 'room', room, seq: 0 }] : [])
}
