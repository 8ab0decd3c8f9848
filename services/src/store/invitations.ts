import { AppError } from '../support/errors.ts'
import { MAX_INVITATIONS_OF_ROOM } from '../support/limits.ts'
import { numberIn, pageOf } from './cursor.ts'
import type { Database, Row } from './database.ts'
import { NOW_MS } from './sql.ts'

/** Whether a member has invited the user, or the user has asked to join. */
export type InvitationState = 'invited' | 'requested'

/** A user who is invited to a room, or has asked to join. */
export interface ListedRequest {
  readonly user: string
  readonly state: InvitationState
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
}

/** A room to which a user is invited, or that the user has asked to join. */
export interface ListedInvitation {
  readonly room: string
  readonly title: string
  readonly state: InvitationState
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
}

type RequestRow = Row & { user: number; name: string; state: InvitationState; created_at: number }
type InvitationRow = Row & { room: number; slug: string; title: string; state: InvitationState; created_at: number }

/** Who is invited to rooms, and who has asked to join. Users and rooms are given by id. */
export class Invitations {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Adds one, or changes the state of the one that is there. Requests, which strangers make, leave room for invitations.
   *
   * @param by the id of the user who does it
   * @throws AppError `conflict` if too many of this state wait in the room already
   */
  async add(room: number, { user, state, by }: { user: number; state: InvitationState; by: number }): Promise<void> {
    const [row] = await this.#database.query<Row & { waiting: number }>(
      'SELECT COUNT(*) AS waiting FROM invitations WHERE room = ? AND user <> ? AND state = ?',
      [room, user, state],
    )
    if ((row?.waiting ?? 0) >= MAX_INVITATIONS_OF_ROOM) {
      const what = state === 'invited' ? 'invitations' : 'requests'
      const message = `${MAX_INVITATIONS_OF_ROOM} ${what} wait in this room: an admin has to decline some first`
      throw new AppError('conflict', message, 'room')
    }
    await this.#database.execute(
      `INSERT INTO invitations (room, user, state, created_by, created_at) VALUES (?, ?, ?, ?, ${NOW_MS})
       ON DUPLICATE KEY UPDATE state = ?, created_by = ?`,
      [room, user, state, by, state, by],
    )
  }

  /** Has no effect if there is none. */
  async remove(room: number, user: number): Promise<void> {
    await this.#database.execute('DELETE FROM invitations WHERE room = ? AND user = ?', [room, user])
  }

  /** Those of a room, by user. @param cursor the `next` of the page before */
  async ofRoom(
    room: number,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ requests: readonly ListedRequest[]; next?: string }> {
    const rows = await this.#database.query<RequestRow>(
      `SELECT invitations.user, users.name, invitations.state, invitations.created_at
       FROM invitations JOIN users ON users.id = invitations.user
       WHERE invitations.room = ? AND invitations.user > ? ORDER BY invitations.user LIMIT ?`,
      [room, numberIn(cursor), limit + 1],
    )
    const { found, next } = pageOf(rows, limit, ({ user }) => user)
    const requests = found.map(({ name: user, state, created_at: at }) => ({ user, state, at }))
    return { requests, ...next }
  }

  /** Those of a user, by room. @param cursor the `next` of the page before */
  async ofUser(
    user: string,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ invitations: readonly ListedInvitation[]; next?: string }> {
    const rows = await this.#database.query<InvitationRow>(
      `SELECT invitations.room, rooms.slug, rooms.title, invitations.state, invitations.created_at
       FROM users JOIN invitations ON invitations.user = users.id JOIN rooms ON rooms.id = invitations.room
       WHERE users.name = ? AND invitations.room > ? ORDER BY invitations.room LIMIT ?`,
      [user, numberIn(cursor), limit + 1],
    )
    const { found, next } = pageOf(rows, limit, ({ room }) => room)
    const invitations = found.map(({ slug: room, title, state, created_at: at }) => ({ room, title, state, at }))
    return { invitations, ...next }
  }
}
