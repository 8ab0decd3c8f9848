/**
 * The codes with which the server closes a connection: of RFC 6455 (7.4.1), of IANA's registry, and, from 4400, of this
 * protocol. docs/protocol.md lists them.
 */
export const CLOSE_CODES = {
  unsupportedData: 1003,
  serviceRestart: 1012,
  tryAgainLater: 1013,
  tooManyErrors: 4400,
  unauthorized: 4401,
} as const
