import { percentDecoded } from '../support/percent-decoded.ts'

export interface DatabaseAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** Whether the URL has `?tls=true`. A certificate authority (DATABASE_CA) turns TLS on as well. */
  readonly tls: boolean
}

const DEFAULT_PORT = 3306
const DATABASE_NAME = /^[A-Za-z0-9_$-]{1,64}$/
const FORM = 'must have the form mysql://USER:PASSWORD@HOST:3306/DATABASE'

/**
 * Parses a `mysql://` or `mariadb://` URL.
 * @throws Error with the fault and without the password
 */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  if (!URL.canParse(text)) throw new Error(`${FORM}; reserved characters of the password are percent-encoded`)
  const url = new URL(text)
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:')
    throw new Error(`${FORM}, its scheme is ${url.protocol}//`)
  if (url.hostname === '') throw new Error(`${FORM}, it has no host`)
  if (url.username === '') throw new Error(`${FORM}, it has no user`)
  const database = percentDecoded(url.pathname.slice(1))
  // Not quoted: with an "@" or "/" that is not encoded, a part of the password is read as the database.
  if (!DATABASE_NAME.test(database)) {
    throw new Error(`${FORM}, its database is missing, or has other characters than A-Z, a-z, 0-9, "_", "$" and "-"`)
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: percentDecoded(url.username),
    password: percentDecoded(url.password),
    database,
    tls: url.searchParams.get('tls') === 'true',
  }
}
