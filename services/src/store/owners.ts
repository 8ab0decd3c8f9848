import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { statement, type Database, type Row } from './database.ts'
import { lockNumbers } from './numbering.ts'
import { roomPages } from './room-pages.ts'
import { inTransaction } from './transaction.ts'

interface Ownerless {
  /** The room's id in the database. */
  readonly id: number
  /** The name of a member. */
  readonly creator: string
}

/** The rooms of a range of ids that have no owner and whose creator is a member. */
export async function ownerless(database: Database, first: number, last: number): Promise<Ownerless[]> {
  const rows = await database.query<Row & { id: number; created_by: string }>(
    `SELECT rooms.id, rooms.created_by FROM rooms
     JOIN memberships AS creator ON creator.room = rooms.id AND creator.member = rooms.created_by
     WHERE rooms.id BETWEEN ? AND ? AND creator.role <> 'owner'
       AND NOT EXISTS (SELECT 1 FROM memberships AS other WHERE other.room = rooms.id AND other.role = 'owner')`,
    [first, last],
  )
  return rows.map(({ id, created_by: creator }) => ({ id, creator }))
}

/**
 * Makes the creators of rooms of the release before, which knew no roles, their owners. Yields after each room whether it
 * got one.
 *
 * @throws the driver's error
 */
export async function* giveOwners(database: Database): AsyncGenerator<0 | 1> {
  for await (const [first, last] of roomPages(database)) {
    for (const room of await ownerless(database, first, last)) {
      yield await inTransaction(database, (connection) => giveOwner(connection, room))
    }
  }
}

async function giveOwner(connection: PoolConnection, { id, creator }: Ownerless): Promise<0 | 1> {
  await lockNumbers(connection, id)
  const owners = await statement<Row[]>(
    connection,
    `SELECT 1 FROM memberships WHERE room = ? AND role = 'owner' LIMIT 1`,
    [id],
  )
  if (owners.length > 0) return 0
  const { affectedRows } = await statement<ResultSetHeader>(
    connection,
    `UPDATE memberships SET role = 'owner' WHERE room = ? AND member = ?`,
    [id, creator],
  )
  return affectedRows > 0 ? 1 : 0
}
