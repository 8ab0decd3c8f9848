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
  const database = decodeURIComponent(url.pathname.slice(1))
  if (!DATABASE_NAME.test(database)) throw new Error(`${FORM}, its database is "${database}"`)
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    tls: url.searchParams.get('tls') === 'true',
  }
}
