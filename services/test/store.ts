import { startMariaDb, type MariaDb } from '@chat-app/sandbox-servers'
import { uniqueName } from '@chat-app/testing'
import { signToken } from '../client/token.ts'
import { Database } from '../src/store/database.ts'
import { migrate } from '../src/store/migrate.ts'
import { Rooms, type RoomKey } from '../src/store/rooms.ts'
import { JWT_SECRET } from './service.ts'

export interface Store extends AsyncDisposable {
  readonly mariaDb: MariaDb
  readonly database: Database
  readonly rooms: Rooms
  /** A new room with a random name. */
  room(): Promise<RoomKey>
  /** Makes those users who do not exist, with a password that nobody knows. */
  addUsers(...names: string[]): Promise<void>
  /** A token of a user, who is made if there is none: a log-in would cost a hash. @param user @default a new one */
  token(user?: string, options?: { lifetimeSeconds?: number }): Promise<string>
}

/** Creates an empty database on a server, and returns its URL for the user `admin`. */
export async function emptyDatabase({ adminUrl }: MariaDb): Promise<string> {
  const name = uniqueName('fresh').replaceAll('-', '_')
  const root = new Database({ url: adminUrl, maxConnections: 1 })
  await root.execute(`CREATE DATABASE ${name}`)
  await root.close()
  return adminUrl.replace(/chat$/, name)
}

/** Of a password that nobody knows. */
const SOME_HASH = '$2b$04$9zibRQ/nS/t2uCFAbuLAWO6z/wR3VxYVC4ksmzBT9wksrVVH6afTi'

/** Makes those users who do not exist, with a password that nobody knows. */
export async function addUsers(database: Database, names: readonly string[]): Promise<void> {
  const rows = names.map((name) => [name, SOME_HASH, 0])
  await database.execute('INSERT IGNORE INTO users (name, password_hash, created_at) VALUES ?', [rows])
}

/** Starts a database, migrates it, and opens what a test reads it with. */
export async function openStore(): Promise<Store> {
  const mariaDb = await startMariaDb()
  const database = new Database({ url: mariaDb.url, maxConnections: 20 })
  await migrate(database, () => undefined)
  const rooms = new Rooms(database)
  return {
    mariaDb,
    database,
    rooms,
    room: async () =>
      rooms.key((await rooms.create({ slug: uniqueName('room'), title: 'Room', createdBy: 'owner' })).room),
    addUsers: (...names) => addUsers(database, names),
    token: async (user = uniqueName('user'), options = {}) => {
      await addUsers(database, [user])
      return signToken(JWT_SECRET, user, options)
    },
    [Symbol.asyncDispose]: async () => {
      await database.close().catch(() => undefined)
      await mariaDb.stop()
    },
  }
}
