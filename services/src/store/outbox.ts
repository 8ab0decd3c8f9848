import type { PoolConnection, ResultSetHeader } from 'mysql2/promise'
import type { Audience } from '../protocol/events.ts'
import { MAX_OUTBOX_ROWS } from '../support/limits.ts'
import { statement, type Database, type Row } from './database.ts'
import { NOW_MS } from './sql.ts'

/** Whom an event is for, without the id of a user. */
export type AudienceKind = 'all' | 'staff' | 'user'

/** What a consumer of the outbox asks for. */
export interface OutboxInterest {
  /** At most 32 ASCII characters. It stays the same from release to release. */
  readonly name: string
  readonly kinds: readonly string[]
  /** @default all: what everyone in the room may read */
  readonly audiences?: readonly AudienceKind[]
}

/** A committed event. */
export interface OutboxEvent {
  /** The room's id in the database. */
  readonly room: number
  readonly epoch: number
  readonly seq: number
  readonly kind: string
  /** @default all */
  readonly audience?: Audience | undefined
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number
}

export type OutboxRow = readonly [
  consumer: string,
  room: number,
  epoch: number,
  seq: number,
  kind: string,
  audience: Audience,
  at: number,
]

/** What waits for one consumer. */
export interface Backlog {
  readonly consumer: string
  /** At most `maxRows` are counted. */
  readonly rows: number
  /** Of the row that was written first; 0 if none waits. */
  readonly ageMs: number
  /** Rows that were given up. */
  readonly failed: number
}

export interface OutboxOptions {
  /** A consumer for which more rows wait gets no further ones. @default 200000 */
  readonly maxRows?: number
  /** So many rows were not written, because too many wait. */
  readonly onDropped?: (consumer: string, rows: number) => void
}

/** Says which rows the outbox gets for new events. Without consumers there are none. */
export class Outbox {
  readonly #interests: readonly OutboxInterest[]
  readonly #maxRows: number
  readonly #onDropped: OutboxOptions['onDropped']
  readonly #full = new Set<string>()

  constructor(interests: readonly OutboxInterest[], { maxRows = MAX_OUTBOX_ROWS, onDropped }: OutboxOptions = {}) {
    this.#interests = interests
    this.#maxRows = maxRows
    this.#onDropped = onDropped
  }

  /** The rows for new events, which `insertOutbox` writes in the transaction that stores the events. */
  rowsFor(events: readonly OutboxEvent[]): OutboxRow[] {
    return this.#interests.flatMap((interest) => {
      const rows = events.filter((event) => wants(interest, event)).map((event) => rowOf(interest.name, event))
      if (rows.length === 0 || !this.#full.has(interest.name)) return rows
      this.#onDropped?.(interest.name, rows.length)
      return []
    })
  }

  /** Counts what waits, and notes for whom too much waits. @throws the driver's error */
  async measure(database: Database): Promise<Backlog[]> {
    const backlogs = await Promise.all(this.#interests.map(({ name }) => backlogOf(database, name, this.#maxRows)))
    for (const { consumer, rows } of backlogs) {
      if (rows >= this.#maxRows) this.#full.add(consumer)
      else this.#full.delete(consumer)
    }
    return backlogs
  }
}

function wants({ kinds, audiences = ['all'] }: OutboxInterest, { kind, audience = 'all' }: OutboxEvent): boolean {
  return kinds.includes(kind) && audiences.includes(audienceKind(audience))
}

function audienceKind(audience: Audience): AudienceKind {
  return audience === 'all' || audience === 'staff' ? audience : 'user'
}

function rowOf(consumer: string, { room, epoch, seq, kind, audience = 'all', at }: OutboxEvent): OutboxRow {
  return [consumer, room, epoch, seq, kind, audience, at]
}

/** Writes rows in the transaction that stores their events. @throws the driver's error */
export async function insertOutbox(connection: PoolConnection, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length === 0) return
  await statement<ResultSetHeader>(
    connection,
    'INSERT INTO outbox (consumer, room, epoch, seq, kind, audience, created_at) VALUES ?',
    [rows],
  )
}

async function backlogOf(database: Database, consumer: string, maxRows: number): Promise<Backlog> {
  const [row] = await database.query<Row & { waiting: number; failed: number; age_ms: number | null }>(
    `SELECT
       (SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE consumer = ? AND is_failed = FALSE LIMIT ?) AS w) AS waiting,
       (SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE consumer = ? AND is_failed = TRUE LIMIT ?) AS f) AS failed,
       (SELECT CAST(${NOW_MS} AS SIGNED) - CAST(created_at AS SIGNED) FROM outbox FORCE INDEX (outbox_age)
        WHERE consumer = ? AND is_failed = FALSE ORDER BY id LIMIT 1) AS age_ms`,
    [consumer, maxRows, consumer, maxRows, consumer],
  )
  return {
    consumer,
    rows: row?.waiting ?? 0,
    ageMs: Math.max(row?.age_ms ?? 0, 0),
    failed: row?.failed ?? 0,
  }
}
