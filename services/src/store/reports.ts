import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import { audit, type Act } from './audit.ts'
import { numberIn, pageOf } from './cursor.ts'
import { statement, type Database, type Row } from './database.ts'
import { COLUMNS, toEvent, type EventRow } from './event-columns.ts'
import type { StoredEvent } from '../protocol/events.ts'
import { NOW_MS } from './sql.ts'
import { inTransaction } from './transaction.ts'

/** A message that a user reports to the administrators. */
export interface NewReport {
  /** By id. */
  readonly room: number
  readonly seq: number
  /** By id. */
  readonly user: number
  readonly reason: string
}

/** A report as administrators see it. Times are milliseconds since 1970, by the database's clock. */
export interface ListedReport {
  readonly id: number
  readonly room: string
  readonly seq: number
  /** Who has sent the message; undefined if its row is gone. */
  readonly sender?: string
  /** Who has reported it, and why. */
  readonly by: string
  readonly reason: string
  readonly at: number
  readonly closedBy?: string
  readonly closedAt?: number
}

type ReportRow = Row & {
  id: number
  slug: string
  seq: number
  sender: string | null
  reporter: string
  reason: string
  created_at: number
  closer: string | null
  closed_at: number | null
}

const RETRIED = { attempts: 3 }

/** Messages that were reported to the administrators. */
export class Reports {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** @returns whether the user has reported the message before; the first reason stays */
  async add({ room, seq, user, reason }: NewReport): Promise<boolean> {
    const { affectedRows } = await this.#database.execute(
      `INSERT IGNORE INTO reports (room, seq, user, reason, created_at) VALUES (?, ?, ?, ?, ${NOW_MS})`,
      [room, seq, user, reason],
    )
    return affectedRows === 0
  }

  /** The oldest first. @param cursor the `next` of the page before */
  async page(
    isClosed: boolean,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ reports: readonly ListedReport[]; next?: string }> {
    const rows = await this.#database.query<ReportRow>(
      `SELECT reports.id, rooms.slug, reports.seq, event.sender, reporter.name AS reporter, reports.reason,
         reports.created_at, closer.name AS closer, reports.closed_at
       FROM reports JOIN rooms ON rooms.id = reports.room JOIN users AS reporter ON reporter.id = reports.user
       LEFT JOIN users AS closer ON closer.id = reports.closed_by
       LEFT JOIN room_events AS event ON event.room = reports.room AND event.seq = reports.seq
       WHERE reports.is_closed = ? AND reports.id > ? ORDER BY reports.id LIMIT ?`,
      [isClosed, numberIn(cursor), limit + 1],
    )
    const { found, next } = pageOf(rows, limit, ({ id }) => id)
    return { reports: found.map(toListed), ...next }
  }

  /** The message of a report in its present form, and notes that it was read. Undefined if there is none. */
  async read(id: number, act: Act): Promise<{ room: string; event: StoredEvent } | undefined> {
    return this.#act(id, act, 'report.read', async (connection, { slug: room }) => {
      const [row] = await statement<EventRow[]>(
        connection,
        `SELECT ${COLUMNS} FROM reports JOIN room_events AS event ON event.room = reports.room AND event.seq = reports.seq
         WHERE reports.id = ?`,
        [id],
      )
      return row && { room, event: toEvent(row) }
    })
  }

  /** @returns whether there is such a report that is open */
  async close(id: number, act: Act): Promise<boolean> {
    const closed = await this.#act(id, act, 'report.close', async (connection) => {
      const { affectedRows } = await statement<ResultSetHeader>(
        connection,
        `UPDATE reports SET is_closed = TRUE, closed_by = ?, closed_at = ${NOW_MS} WHERE id = ? AND NOT is_closed`,
        [act.userId, id],
      )
      return affectedRows > 0 || undefined
    })
    return closed ?? false
  }

  /** Notes an act in the transaction that does it, unless it had no effect. */
  #act<T>(
    id: number,
    act: Act,
    action: string,
    work: (connection: PoolConnection, report: { slug: string; seq: number }) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    return inTransaction(
      this.#database,
      async (connection) => {
        const [report] = await statement<(Row & { slug: string; seq: number })[]>(
          connection,
          'SELECT rooms.slug, reports.seq FROM reports JOIN rooms ON rooms.id = reports.room WHERE reports.id = ?',
          [id],
        )
        const done = report && (await work(connection, report))
        if (done === undefined) return undefined
        const after = { report: id, seq: report?.seq }
        await audit(connection, act, { action, subjectKind: 'room', subject: report?.slug ?? '', after })
        return done
      },
      RETRIED,
    )
  }
}

function toListed(row: ReportRow): ListedReport {
  return {
    id: row.id,
    room: row.slug,
    seq: row.seq,
    ...(row.sender !== null && { sender: row.sender }),
    by: row.reporter,
    reason: row.reason,
    at: row.created_at,
    ...(row.closer !== null && { closedBy: row.closer }),
    ...(row.closed_at !== null && { closedAt: row.closed_at }),
  }
}
