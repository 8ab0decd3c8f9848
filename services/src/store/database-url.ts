export interface DatabaseAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** TLS with verification; asked for by `?tls=true` or by a certificate authority (DATABASE_CA). */
  readonly tls: boolean
}

const form = 'must have the form mysql://USER:PASSWORD@HOST:3306/DATABASE'

/** Parses `mysql://` and `mariadb://`. Errors never quote the URL, which holds a password. */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  if (!URL.canParse(text)) throw new Error(`${form}; reserved characters of the password are percent-encoded`)
  const url = new URL(text)
  if (url.protocol !== 'mysql:' && url.protocol !== 'mariadb:')
    throw new Error(`${form}, its scheme is ${url.protocol}//`)
  if (url.hostname === '') throw new Error(`${form}, it names no host`)
  if (url.username === '') throw new Error(`${form}, it names no user`)
  const database = decodeURIComponent(url.pathname.slice(1))
  if (!/^[A-Za-z0-9_$-]{1,64}$/.test(database)) throw new Error(`${form}, its database is "${database}"`)
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    tls: url.searchParams.get('tls') === 'true',
  }
}
