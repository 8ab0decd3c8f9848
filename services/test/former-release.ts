import { uniqueName } from '@chat-app/testing'
import { statement, type Database, type Row } from '../src/store/database.ts'

/** What release 0.1.0 does in the database, by its own statements. */
export class FormerRelease {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async register(name: string): Promise<void> {
    await this.#database.execute(
      'INSERT INTO users (name, password_hash, created_at) VALUES (?, ?, UNIX_TIMESTAMP() * 1000)',
      [name, 'no hash'],
    )
  }

  async passwordHash(name: string): Promise<unknown> {
    const [row] = await this.#database.query('SELECT password_hash FROM users WHERE name = ?', [name])
    return row?.['password_hash']
  }

  /** Creates a room, without a member. */
  async createRoom(createdBy: string): Promise<number> {
    const { insertId } = await this.#database.execute(
      `INSERT INTO rooms (slug, channel, title, created_by, created_at, epoch)
       VALUES (?, ?, ?, ?, UNIX_TIMESTAMP() * 1000, UNIX_TIMESTAMP())`,
      [uniqueName('room'), uniqueName('').slice(-16).padStart(16, '0'), 'Room', createdBy],
    )
    return insertId
  }

  async join(room: number, member: string): Promise<void> {
    await this.#database.execute(
      'INSERT IGNORE INTO memberships (room, member, joined_at) VALUES (?, ?, UNIX_TIMESTAMP() * 1000)',
      [room, member],
    )
  }

  async isMember(room: number, member: string): Promise<boolean> {
    const sql = 'SELECT room FROM memberships WHERE room = ? AND member = ?'
    return (await this.#database.query(sql, [room, member])).length > 0
  }

  /** Stores a message, and returns its number; a message with a client id that exists keeps its own. */
  async send(room: number, sender: string, body: string, clientId = uniqueName('c')): Promise<number> {
    return this.#database.use(async (connection) => {
      await statement(connection, 'START TRANSACTION')
      const now = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED)'
      const [locked] = await statement<Row[]>(
        connection,
        `SELECT id, epoch, last_seq, ${now} AS now FROM rooms WHERE id IN (?) ORDER BY id FOR UPDATE`,
        [[room]],
      )
      const [stored] = await statement<Row[]>(
        connection,
        `SELECT room, sender, client_id, seq, created_at FROM room_events FORCE INDEX (room_events_client_id)
         WHERE (room = ? AND sender = ? AND client_id IN (?))`,
        [room, sender, [clientId]],
      )
      const seq = stored ? Number(stored['seq']) : Number(locked?.['last_seq']) + 1
      if (!stored) {
        await statement(
          connection,
          'INSERT INTO room_events (room, seq, kind, sender, client_id, body, created_at) VALUES ?',
          [[[room, seq, 'message', sender, clientId, body, locked?.['now']]]],
        )
        await statement(
          connection,
          `UPDATE rooms SET last_seq = CASE id WHEN ? THEN ? END, changed_at = GREATEST(changed_at, ${now}) WHERE id IN (?)`,
          [room, seq, [room]],
        )
      }
      await statement(connection, 'COMMIT')
      return seq
    })
  }

  /** Bodies of the room's events, oldest first. */
  async read(room: number, after: number): Promise<unknown[]> {
    const rows = await this.#database.query(
      `SELECT seq, kind, sender, client_id, body, created_at FROM room_events
       WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
      [room, after, Number.MAX_SAFE_INTEGER, 200],
    )
    return rows.map((row) => row['body'])
  }

  /** The number and the client id of the room's last event. */
  async head(room: number): Promise<readonly [unknown, unknown]> {
    const [row] = await this.#database.query(
      `SELECT rooms.id, rooms.epoch, rooms.last_seq, newest.sender, newest.client_id
       FROM rooms LEFT JOIN room_events AS newest ON newest.room = rooms.id AND newest.seq = rooms.last_seq
       WHERE rooms.id IN (?)`,
      [[room]],
    )
    return [row?.['last_seq'], row?.['client_id']]
  }

  async logOut(tokenId: string): Promise<void> {
    await this.#database.execute(
      `INSERT INTO revocations (kind, subject, created_at, expires_at)
       VALUES (?, ?, CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED), ?)
       ON DUPLICATE KEY UPDATE created_at = VALUES(created_at), expires_at = GREATEST(expires_at, VALUES(expires_at))`,
      ['token', tokenId, 4_000_000_000_000],
    )
  }

  async isLoggedOut(tokenId: string, user: string): Promise<boolean> {
    const rows = await this.#database.query(
      `SELECT kind, subject, created_at, expires_at FROM revocations
       WHERE (kind = 'token' AND subject = ?) OR (kind = 'user' AND subject = ?)`,
      [tokenId, user],
    )
    return rows.length > 0
  }
}
