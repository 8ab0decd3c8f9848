import type { Duplex } from 'node:stream'
import { createPool, type Pool, type PoolConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise'
import { Semaphore } from '../support/semaphore.ts'
import { parseDatabaseUrl } from './database-url.ts'
import { leavesUsable } from './mysql-errors.ts'

export interface DatabaseOptions {
  readonly url: string
  readonly maxConnections: number
  /** Certificate authority in PEM; asks for TLS. */
  readonly ca?: string | undefined
}

export type Row = RowDataPacket

/** Longer than the lock wait below, so that the server's own error comes first. */
const statementTimeoutMs = 6000
const lockWaitSeconds = 3
const connectTimeoutMs = 3000

/** Waiting readers beyond this are told to come again: each holds a kilobyte or two, and none would be served in time. */
const maxWaiting = 20_000
/** Connections that only writers use: a storm of returning clients must not keep messages from being stored. */
const reserved = 4

/** The connection pool. A new URL (a rotated password) takes effect without an interruption. */
export class Database {
  #pool: Pool
  #url: string
  readonly #options: DatabaseOptions
  readonly #readers: Semaphore
  readonly #writers = new Semaphore(reserved, maxWaiting)

  constructor(options: DatabaseOptions) {
    this.#options = options
    this.#url = options.url
    this.#pool = openPool(options)
    this.#readers = new Semaphore(Math.max(options.maxConnections - reserved, 1), maxWaiting)
  }

  /** HOST:PORT, for messages. */
  get address(): string {
    const { host, port } = parseDatabaseUrl(this.#url)
    return `${host}:${port}`
  }

  /** How many connections are lent of those that may be, and how many callers wait for one. */
  get usage(): { readonly lent: number; readonly limit: number; readonly waiting: number } {
    const slots = [this.#readers, this.#writers]
    const sum = (of: (slot: Semaphore) => number) => slots.reduce((total, slot) => total + of(slot), 0)
    return { lent: sum(({ busy }) => busy), limit: sum(({ limit }) => limit), waiting: sum(({ waiting }) => waiting) }
  }

  /** How many reads may run at a time. */
  get readers(): number {
    return this.#readers.limit
  }

  async query<T extends Row>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.use((connection) => statement<T[]>(connection, sql, values))
  }

  async execute(sql: string, values: readonly unknown[] = []): Promise<ResultSetHeader> {
    return this.use((connection) => statement<ResultSetHeader>(connection, sql, values))
  }

  /**
   * Lends a connection. After an error that did not come from the server as an answer (a time-out, a cut) nobody knows what the
   * connection still carries, and a server that refuses everything would go on doing so: then it is destroyed.
   */
  async use<T>(work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    return this.#lend(this.#readers, work)
  }

  /** The same from the connections that are kept for writing. */
  async useReserved<T>(work: (connection: PoolConnection) => Promise<T>): Promise<T> {
    return this.#lend(this.#writers, work)
  }

  async #lend<T>(slots: Semaphore, work: (connection: PoolConnection) => Promise<T>): Promise<T> {
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
    })
  }

  /** Tries the new URL first; with one that does not work the old pool stays. */
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
    // What was lent goes back to the old pool, which ends it then.
    setTimeout(() => void old.end().catch(() => undefined), statementTimeoutMs * 2).unref()
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}

/** Runs one statement, bounded in time. The placeholders are escaped by the driver; nothing is ever spliced into the SQL. */
export async function statement<T extends Row[] | ResultSetHeader>(
  connection: PoolConnection,
  sql: string,
  values: readonly unknown[] = [],
): Promise<T> {
  const [result] = await connection.query<T>({ sql, values: values as unknown[], timeout: statementTimeoutMs })
  return result
}

function openPool({ url, maxConnections, ca }: DatabaseOptions): Pool {
  const { host, port, user, password, database, tls } = parseDatabaseUrl(url)
  const pool = createPool({
    host,
    port,
    user,
    password,
    database,
    ...((tls || ca !== undefined) && { ssl: ca === undefined ? {} : { ca } }),
    charset: 'utf8mb4',
    connectTimeout: connectTimeoutMs,
    connectionLimit: maxConnections,
    waitForConnections: true,
    maxIdle: Math.min(4, maxConnections),
    idleTimeout: 60_000,
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
    supportBigNumbers: true,
    stringifyObjects: true,
    multipleStatements: false,
  })
  // Queued before whatever the first user of the connection sends. Their own time-out, for that of a queued statement begins when it is sent.
  pool.pool.on('connection', (connection) => {
    for (const sql of sessionSettings) {
      connection.query({ sql, timeout: statementTimeoutMs }, (error) => error && cut(connection, error))
    }
  })
  return pool
}

/** Fails what is queued on the connection too: `destroy` of the driver waits for a server that may never close its side. */
function cut(connection: object, error: Error): void {
  ;(connection as { readonly stream: Duplex }).stream.destroy(error)
}

/** READ COMMITTED takes no gap locks; a strict mode refuses what would be cut; escapes are those that the driver writes. */
const sessionSettings = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'`,
  `SET SESSION innodb_lock_wait_timeout = ${lockWaitSeconds}`,
]
