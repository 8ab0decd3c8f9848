interface MysqlError extends Error {
  readonly code?: string
  readonly errno?: number
  readonly sqlState?: string
}

/**
 * What to do after a failed transaction: run it again (`retry`), without the rows that another session has locked
 * (`locked`), with counters that are compared with the events (`behind`), without the row that fails (`poison`), or once
 * the database takes it (`wait`).
 */
export type Verdict = 'retry' | 'locked' | 'behind' | 'poison' | 'wait'

/** The unique key of the client ids, which a repeated event meets. */
const CLIENT_ID_KEY = 'room_events_client_id'
/** The end of the message of error 1062. MySQL puts the table before the key. */
const VIOLATED_KEY = /for key '(?:[^'.]*\.)?([^'.]+)'$/

// Error numbers of the server.
const DUPLICATE_KEY = 1062
const NO_SUCH_TABLE = 1146
const DUPLICATE_COLUMN_NAME = 1060
const DUPLICATE_KEY_NAME = 1061
/** A statement larger than max_allowed_packet. */
const PACKET_TOO_LARGE = 1153
const LOCK_WAIT_TIMEOUT = 1205
/** Also a certification failure of Galera. */
const DEADLOCK = 1213
const INVALID_CHARACTERS = 1300
const INCORRECT_VALUE = 1366

/**
 * The server is not in the primary component of a Galera cluster, is shutting down, or is read-only (server,
 * transaction, InnoDB).
 */
const REFUSES_EVERYTHING: ReadonlySet<number | undefined> = new Set([1047, 1053, 1290, 1792, 1836])
/** The server does not let this user in: access denied (to a database, by password, without one), unknown database. */
const REFUSES_USER: ReadonlySet<number | undefined> = new Set([1044, 1045, 1049, 1698])
const CONNECTION_LOST = 'PROTOCOL_CONNECTION_LOST'
const STATEMENT_TIMEOUT = 'PROTOCOL_SEQUENCE_TIMEOUT'
/** SIGNAL in a trigger or a procedure. */
const RAISED_BY_SQL = '45000'
/** Codes of system errors, of the driver and of the server. */
const DATABASE_CODE = /^(E[A-Z]{4,}|PROTOCOL_|ER_)/

/**
 * A deadlock, or a race of two equal client ids, says nothing about the batch: retry. Any other duplicate is that of a
 * number: the room's counter is behind. Data that the server refuses (SQLSTATE 22 and 23)
 * or that cannot be encoded poisons the batch. All else (no connection, a shutdown, read-only, no permission) is a
 * state of the database: wait.
 */
export function verdict(error: unknown): Verdict {
  const { errno, sqlState, code } = error as MysqlError
  if (errno === DUPLICATE_KEY) return isClientIdTaken(error) ? 'retry' : 'behind'
  if (errno === LOCK_WAIT_TIMEOUT) return 'locked'
  if (errno === DEADLOCK) return 'retry'
  if (errno === PACKET_TOO_LARGE || errno === INCORRECT_VALUE || errno === INVALID_CHARACTERS) return 'poison'
  if (sqlState?.startsWith('22') || sqlState?.startsWith('23')) return 'poison'
  if (code === undefined && (error instanceof TypeError || error instanceof RangeError)) return 'poison'
  return 'wait'
}

/**
 * Whether the connection can be used for the next statement: the server answered with an error about this statement
 * alone. After a connection error (SQLSTATE 08) or from a server that refuses everything, a new connection may reach
 * another server.
 */
export function leavesUsable(error: unknown): boolean {
  const { errno, sqlState, code } = error as MysqlError
  if (sqlState === undefined || code === CONNECTION_LOST) return false
  return !sqlState.startsWith('08') && !REFUSES_EVERYTHING.has(errno)
}

/**
 * Whether the rooms of a batch may have caused its failure, so that other rooms can be stored. A refusal of the user, of
 * the connection or of any write is a state of the database.
 */
export function isOfRooms(error: unknown): boolean {
  return verdict(error) !== 'wait' || (error as MysqlError).sqlState === RAISED_BY_SQL
}

/** Whether there is no connection to the database: it is not reached, ends the connection, or refuses the user. */
export function isUnreachable(error: unknown): boolean {
  const { errno, sqlState, code } = error as MysqlError
  if (REFUSES_USER.has(errno)) return true
  if (sqlState) return sqlState.startsWith('08')
  return code !== undefined && code !== STATEMENT_TIMEOUT
}

/** Whether an error came from the server, the driver or the network, and not from this program. */
export function isDatabaseError(error: unknown): boolean {
  const { code, sqlState } = error as { code?: unknown; sqlState?: unknown }
  return sqlState !== undefined || (typeof code === 'string' && DATABASE_CODE.test(code))
}

export function isDuplicateKey(error: unknown): boolean {
  return (error as MysqlError).errno === DUPLICATE_KEY
}

/** Whether an event has the client id of one that is stored. */
export function isClientIdTaken(error: unknown): boolean {
  return isDuplicateKey(error) && violatedKey(error) === CLIENT_ID_KEY
}

export function isLockTimeout(error: unknown): boolean {
  return (error as MysqlError).errno === LOCK_WAIT_TIMEOUT
}

/** Whether a statement added a column or an index that exists already. */
export function isAlreadyAdded(error: unknown): boolean {
  const { errno } = error as MysqlError
  return errno === DUPLICATE_COLUMN_NAME || errno === DUPLICATE_KEY_NAME
}

export function isMissingTable(error: unknown): boolean {
  return (error as MysqlError).errno === NO_SUCH_TABLE
}

function violatedKey(error: unknown): string | undefined {
  return VIOLATED_KEY.exec((error as Error).message)?.[1]
}
