interface MysqlError extends Error {
  readonly code?: string
  readonly errno?: number
  readonly sqlState?: string
}

/** What a failed transaction asks for: the same again, without the row that poisons it, or later. */
export type Verdict = 'retry' | 'poison' | 'wait'

const deadlock = 1213
const lockWaitTimeout = 1205
const duplicateKey = 1062
/** A statement larger than max_allowed_packet, in the server's words and the driver's. */
const packetTooLarge = 1153
const incorrectValue = 1366
const invalidCharacters = 1300

/**
 * 1213 (also a certification failure of Galera) and 1205: nothing is wrong with the batch. Data that the server refuses (SQLSTATE 22
 * and 23) or that cannot be encoded poisons it. Anything else (no connection, shutting down, read-only, not allowed) passes.
 */
export function verdict(error: unknown): Verdict {
  const { errno, sqlState, code } = error as MysqlError
  if (errno === deadlock || errno === lockWaitTimeout || errno === duplicateKey) return 'retry'
  if (errno === packetTooLarge || errno === incorrectValue || errno === invalidCharacters) return 'poison'
  if (sqlState?.startsWith('22') || sqlState?.startsWith('23')) return 'poison'
  if (code === undefined && (error instanceof TypeError || error instanceof RangeError)) return 'poison'
  return 'wait'
}

/** Not the primary part of a Galera cluster, shutting down, read-only (as server, as transaction, as InnoDB). */
const refusesEverything: ReadonlySet<number | undefined> = new Set([1047, 1053, 1290, 1792, 1836])

/**
 * The server answered with an error about this statement, so the connection is in a known state and good for the next one. A server
 * that refuses everything and connection errors (SQLSTATE 08) are left for a new connection, which may find another server.
 */
export function leavesUsable(error: unknown): boolean {
  const { errno, sqlState, code } = error as MysqlError
  if (sqlState === undefined || code === 'PROTOCOL_CONNECTION_LOST') return false
  return !sqlState.startsWith('08') && !refusesEverything.has(errno)
}

export function isDuplicateKey(error: unknown): boolean {
  return (error as MysqlError).errno === duplicateKey
}
