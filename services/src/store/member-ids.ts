import type { Database, Row } from './database.ts'

/** Memberships that one query reads. */
const PAGE_MEMBERS = 1000

type Key = Row & { room: number; member: string }

/**
 * Writes the ids of users to the memberships that the release before has stored with names alone, and that these users
 * have read their rooms up to now: nobody knows what they have read. A name without an account keeps none. Yields how many each statement has written.
 *
 * @throws the driver's error
 */
export async function* memberIds(database: Database): AsyncGenerator<number> {
  let [room, member] = [0, '']
  for (;;) {
    // The index memberships_user has them in the order of the primary key.
    const page = await database.query<Key>(
      `SELECT room, member FROM memberships FORCE INDEX (memberships_user)
       WHERE user IS NULL AND (room > ? OR (room = ? AND member > ?)) ORDER BY room, member LIMIT ${PAGE_MEMBERS}`,
      [room, room, member],
    )
    const [first, last] = [page[0], page.at(-1)]
    if (first === undefined || last === undefined) return
    // The last room of a page may have more members, unless the page is the last one. It is written with the next page.
    const isLastPage = page.length < PAGE_MEMBERS
    if (first.room === last.room || isLastPage) {
      yield await write(database, first, last)
      ;({ room, member } = last)
    } else {
      const whole = page.findLast((each) => each.room < last.room) ?? last
      yield await write(database, first, whole)
      ;({ room, member } = whole)
    }
  }
}

/** Writes the ids of the memberships from `first` to `last`. */
async function write(database: Database, first: Key, last: Key): Promise<number> {
  const [range, values] =
    first.room === last.room
      ? [
          'memberships.room = ? AND memberships.member >= ? AND memberships.member <= ?',
          [first.room, first.member, last.member],
        ]
      : ['memberships.room BETWEEN ? AND ?', [first.room, last.room]]
  const { affectedRows } = await database.execute(
    `UPDATE memberships JOIN users ON users.name = memberships.member JOIN rooms ON rooms.id = memberships.room
     SET memberships.user = users.id, read_seq = last_seq, read_no = last_message_no + last_seq - numbered_seq
     WHERE ${range} AND memberships.user IS NULL`,
    values,
  )
  return affectedRows
}
