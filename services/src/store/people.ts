import { audiencesOf, type Reader } from '../policy/visible.ts'
import { MAX_SEARCHED_PEOPLE } from '../support/limits.ts'
import type { Database, Row } from './database.ts'
import { NOW_MS } from './sql.ts'
import { hasSent } from './written-rooms.ts'

/** A person as others see one. */
export interface ListedPerson {
  readonly user: string
  /** As the person wants to be called; not unique. */
  readonly displayName?: string
}

/** Somebody who has sent something. */
export interface Sender extends ListedPerson {
  /** The account was deleted. */
  readonly isDeleted?: true
}

type PersonRow = Row & { name: string; display_name: string | null }

/** Whoever is one of these is found by nobody: an answer says nothing of bans, deletions and blocks. */
const IS_SHOWN = `users.kind = 'user' AND users.name NOT LIKE '\\_%' AND users.deleted_at IS NULL
  AND COALESCE(users.banned_until <= ${NOW_MS}, TRUE)
  AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocks.user = users.id AND blocks.blocked = ?)
  AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocks.user = ? AND blocks.blocked = users.id)`

/** As `visible` says. The first condition is one of the index. */
const IS_READABLE = 'seq >= ? AND COALESCE(target, seq) >= ? AND audience IN (?)'

/** What people can know of each other. Visitors, and the users of a proof, are not among them. */
export class People {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * The people whose name or display name begins with a text, whatever its case and accents, by name, without the one who
   * asks. It looks at the first 150 of each.
   *
   * @param asker by id
   */
  async find(asker: number, text: string, limit: number): Promise<readonly ListedPerson[]> {
    const prefix = `${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    const by = (column: string) =>
      `(SELECT id FROM users WHERE kind = 'user' AND ${column} LIKE ? ORDER BY ${column} LIMIT ${MAX_SEARCHED_PEOPLE})`
    const rows = await this.#database.query<PersonRow>(
      `SELECT users.name, users.display_name
       FROM (${by('searched_name')} UNION ${by('searched_display_name')}) AS found JOIN users ON users.id = found.id
       WHERE users.id <> ? AND ${IS_SHOWN} ORDER BY users.name LIMIT ?`,
      [prefix, prefix, asker, asker, asker, limit],
    )
    return rows.map(toPerson)
  }

  /** One of them, or the one who asks. @param asker by id */
  async get(asker: number, name: string): Promise<ListedPerson | undefined> {
    const [row] = await this.#database.query<PersonRow>(
      `SELECT users.name, users.display_name FROM users WHERE users.name = ? AND (users.id = ? OR (${IS_SHOWN}))`,
      [name, asker, asker, asker],
    )
    return row && toPerson(row)
  }

  /**
   * Those of the users who have sent something in a room that the reader may read, whatever has become of them.
   * @param room by id
   */
  async senders(room: number, reader: Reader, names: readonly string[]): Promise<readonly Sender[]> {
    const rows = await this.#database.query<PersonRow & { is_deleted: number }>(
      `SELECT users.name, users.display_name, users.deleted_at IS NOT NULL AS is_deleted FROM users
       WHERE users.name IN (?)
         AND ${hasSent('?', 'users.name', IS_READABLE)}`,
      [names, room, reader.fromSeq, reader.fromSeq, audiencesOf(reader)],
    )
    return rows.map((row) => ({ ...toPerson(row), ...(row.is_deleted === 1 && { isDeleted: true as const }) }))
  }

  /** @param user by id @param displayName undefined for none */
  async setDisplayName(user: number, displayName: string | undefined): Promise<void> {
    // Some processes accept the tokens of a user who was deleted for a moment more.
    await this.#database.execute('UPDATE users SET display_name = ? WHERE id = ? AND deleted_at IS NULL', [
      displayName ?? null,
      user,
    ])
  }
}

function toPerson({ name: user, display_name: displayName }: PersonRow): ListedPerson {
  return { user, ...(displayName !== null && { displayName }) }
}
