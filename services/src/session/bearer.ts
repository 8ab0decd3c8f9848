import type { IncomingHttpHeaders } from 'node:http'

const BEARER = /^Bearer ([^\s]+)$/i

/** The token of an `Authorization: Bearer TOKEN` header, or undefined. */
export function bearerToken(headers: Pick<IncomingHttpHeaders, 'authorization'>): string | undefined {
  return BEARER.exec(headers.authorization ?? '')?.[1]
}
