import type { Duplex } from 'node:stream'
import { createPool, type Pool } from 'mysql2/promise'
import { DATABASE_CONNECT_TIMEOUT_MS, LOCK_WAIT_SECONDS, STATEMENT_TIMEOUT_MS } from '../support/limits.ts'
import { parseDatabaseUrl } from './database-url.ts'

export interface DatabaseOptions {
  readonly url: string
  readonly maxConnections: number
  /** Certificate authority in PEM. If it is set, connections use TLS. */
  readonly ca?: string | undefined
}

const MAX_IDLE_CONNECTIONS = 4
const IDLE_TIMEOUT_MS = 60_000
const KEEP_ALIVE_MS = 10_000

/**
 * READ COMMITTED takes no gap locks. A strict mode refuses values that would be cut. Escapes are those that the driver
 * writes.
 */
const SESSION_SETTINGS = [
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY'`,
  `SET SESSION innodb_lock_wait_timeout = ${LOCK_WAIT_SECONDS}`,
]

/** Opens a pool whose connections have the session settings above. */
export function openPool({ url, maxConnections, ca }: DatabaseOptions): Pool {
  const { host, port, user, password, database, tls } = parseDatabaseUrl(url)
  const pool = createPool({
    host,
    port,
    user,
    password,
    database,
    ...((tls || ca !== undefined) && { ssl: ca === undefined ? {} : { ca } }),
    charset: 'utf8mb4',
    connectTimeout: DATABASE_CONNECT_TIMEOUT_MS,
    connectionLimit: maxConnections,
    waitForConnections: true,
    maxIdle: Math.min(MAX_IDLE_CONNECTIONS, maxConnections),
    idleTimeout: IDLE_TIMEOUT_MS,
    enableKeepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    supportBigNumbers: true,
    stringifyObjects: true,
    multipleStatements: false,
    // A stack for each statement, in case it fails: 5 % of the processor time of a batch of 16.
    trace: false,
  })
  // These are queued before the first statement of the connection's user. They have a time-out of their own, because
  // that of a queued statement begins only when it is sent.
  pool.pool.on('connection', (connection) => {
    for (const sql of SESSION_SETTINGS) {
      connection.query({ sql, timeout: STATEMENT_TIMEOUT_MS }, (error) => error && cut(connection, error))
    }
  })
  return pool
}

/** Also fails what is queued on the connection. The driver's `destroy` would wait for the server to close its side. */
function cut(connection: object, error: Error): void {
  ;(connection as { readonly stream: Duplex }).stream.destroy(error)
}
