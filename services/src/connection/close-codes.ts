/** Why the server closes a connection: RFC 6455 7.4.1, IANA's registry, and our own from 4400 (docs/protocol.md lists them). */
export const closeCodes = {
  unsupportedData: 1003,
  serviceRestart: 1012,
  tryAgainLater: 1013,
  tooManyErrors: 4400,
  unauthorized: 4401,
} as const
