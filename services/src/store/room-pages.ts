import type { Database, Row } from './database.ts'

/** Rooms that one query looks at. */
const PAGE_ROOMS = 1000

/** Ranges of the ids of all rooms. @param from the first id */
export async function* roomPages(database: Database, from = 1): AsyncGenerator<readonly [first: number, last: number]> {
  const [row] = await database.query<Row & { last: number | null }>('SELECT MAX(id) AS last FROM rooms')
  const last = row?.last ?? 0
  for (let first = from; first <= last; first += PAGE_ROOMS) yield [first, first + PAGE_ROOMS - 1]
}
