import type { Pool, PoolConnection, ResultSetHeader, RowDataPacket } from 'mysql2/promise'
import { callerWaits } from '../support/caller.ts'
import { MAX_WAITING_QUERIES, QUERY_PATIENCE_MS, STATEMENT_TIMEOUT_MS, WRITER_CONNECTIONS } from '../support/limits.ts'
import { Semaphore, type Patience } from '../support/semaphore.ts'
import { parseDatabaseUrl } from './database-url.ts'
import { leavesUsable } from './mysql-errors.ts'
import { openPool, type DatabaseOptions } from './pool.ts'

export type Row = RowDataPacket

const READER_PATIENCE = { patienceMs: QUERY_PATIENCE_MS }

/** The connection pool. A new URL (a rotated password) takes effect without an interruption. */
export class Database {
  #pool: Pool
  #url: string
  readonly #options: DatabaseOptions
  readonly #readers: Semaphore
  readonly #writers = new Semaphore(WRITER_CONNECTIONS, MAX_WAITING_QUERIES)

  constructor(options: DatabaseOptions) {
    this.#options = options
    this.#url = options.url
    this.#pool = openPool(options)
    this.#readers = new Semaphore(Math.max(options.maxConnections - WRITER_CONNECTIONS, 1), MAX_WAITING_QUERIES)
  }

  /** HOST:PORT, for messages. */
  get address(): string {
    const { host, port } = parseDatabaseUrl(this.#url)
    return `${host}:${port}`
  }

  /** Connections in use, the most that may be in use, and callers that wait for one. */
  get usage(): { readonly lent: number; readonly limit: number; readonly waiting: number } {
    const slots = [this.#readers, this.#writers]
    const sum = (of: (slot: Semaphore) => number) => slots.reduce((total, slot) => total + of(slot), 0)
    return { lent: sum(({ busy }) => busy), limit: sum(({ limit }) => limit), waiting: sum(({ waiting }) => waiting) }
  }

  /** How many reads may run at a time. */
  get readers(): number {
    return this.#readers.limit
  }

  /** Runs a SELECT, unless its caller has gone when its turn comes. @throws as `use` does. */
  async query<T extends Row>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.#lend(this.#readers, (connection) => statement<T[]>(connection, sql, values), {
      ...READER_PATIENCE,
      isWanted: callerWaits(),
    })
  }

  /** Runs a statement that returns no rows. @throws as `use` does. */
  async execute(sql: string, values: readonly unknown[] = []): Promise<ResultSetHeader> {
    return this.use((connection) => statement<ResultSetHeader>(connection, sql, values))
  }

  /**
   * Lends a connection. It is destroyed after an error that leaves its state unknown (a time-out, a lost connection) or
   * comes from a server that refuses every statement.
   * @throws AppError `unavailable` if too many callers wait already or no connection is free in time; otherwise what
   * `work` or the driver throws
   */
  async use<T>(work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    return this.#lend(this.#readers, work, READER_PATIENCE)
  }

  /** Like `use`, with one of the connections that are reserved for writers. */
  async useReserved<T>(work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    return this.#lend(this.#writers, work)
  }

  async #lend<T>(
    slots: Semaphore,
    work: (connection: PoolConnection) => Promise<T>,
    patience: Patience = {},
  ): Promise<T> {
    return slots.run(async () => {
      const connection = await this.#pool.getConnection()
      try {
        const result = await work(connection)
        connection.release()
        return result
      } catch (error) {
        if (leavesUsable(error)) connection.release()
        else connection.destroy()
        throw error
      }
    }, patience)
  }

  /** Switches to another URL. @throws the error of a first connection to it; the old pool stays in use then. */
  async rotate(url: string): Promise<void> {
    const next = openPool({ ...this.#options, url })
    try {
      const connection = await next.getConnection()
      connection.release()
    } catch (error) {
      await next.end().catch(() => undefined)
      throw error
    }
    const old = this.#pool
    this.#pool = next
    this.#url = url
    // By then every connection of the old pool has been returned.
    setTimeout(() => void old.end().catch(() => undefined), STATEMENT_TIMEOUT_MS * 2).unref()
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}

/**
 * Runs one statement, bounded in time. The driver escapes the values of the placeholders.
 * @param timeoutMs @default STATEMENT_TIMEOUT_MS
 */
export async function statement<T extends Row[] | ResultSetHeader>(
  connection: PoolConnection,
  sql: string,
  values: readonly unknown[] = [],
  timeoutMs = STATEMENT_TIMEOUT_MS,
): Promise<T> {
  const [result] = await connection.query<T>({ sql, values: values as unknown[], timeout: timeoutMs })
  return result
}
