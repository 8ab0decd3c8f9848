/** The database's clock in milliseconds since 1970. It is the only clock of stored times, so that pods need not agree. */
export const NOW_MS = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED)'
