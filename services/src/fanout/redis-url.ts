import { percentDecoded } from '../support/percent-decoded.ts'

export interface RedisNode {
  readonly host: string
  readonly port: number
}

export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster'
  readonly nodes: readonly RedisNode[]
  /** Name of the master set that the sentinels watch; only for `sentinel`. */
  readonly master?: string
  readonly username?: string
  readonly password?: string
  /** @default 0 */
  readonly database: number
  readonly tls: boolean
}

const FORMS =
  'redis[s]://[:PASSWORD@]HOST:6379[/DB], redis+sentinel://[:PASSWORD@]MASTER/HOST:26379,..., redis-cluster://[:PASSWORD@]HOST:6379,...'

const SCHEMES: ReadonlyMap<string, { kind: RedisAddress['kind']; tls: boolean; port: number }> = new Map([
  ['redis', { kind: 'single', tls: false, port: 6379 }],
  ['rediss', { kind: 'single', tls: true, port: 6379 }],
  ['redis+sentinel', { kind: 'sentinel', tls: false, port: 26_379 }],
  ['rediss+sentinel', { kind: 'sentinel', tls: true, port: 26_379 }],
  ['redis-cluster', { kind: 'cluster', tls: false, port: 6379 }],
  ['rediss-cluster', { kind: 'cluster', tls: true, port: 6379 }],
])

/** A client needs one node that answers; a longer list is a mistake. */
const MAX_NODES = 64

/**
 * Parses a Redis URL of one of the documented forms.
 * @throws Error with the fault. It quotes no host and nothing before it: without its `@`, a password would be parsed as
 * a host.
 */
export function parseRedisUrl(text: string): RedisAddress {
  const [, schemeName = '', rest = ''] = /^([a-z+-]+):\/\/(.*)$/s.exec(text) ?? []
  const scheme = SCHEMES.get(schemeName)
  if (!scheme) throw new Error(`must be one of ${FORMS}`)
  const at = rest.lastIndexOf('@')
  const segments = rest.slice(at + 1).split('/')
  const master = scheme.kind === 'sentinel' ? segments.shift() : undefined
  if (master === '' || (scheme.kind === 'sentinel' && segments.length === 0)) {
    throw new Error(`must name the master set before the sentinels: ${schemeName}://mymaster/HOST:26379,...`)
  }
  const [hosts = '', database = '', ...more] = segments
  if (more.length > 0) throw new Error(`must be one of ${FORMS}; it has too many "/"`)
  const nodes = parseNodes(hosts, scheme.port)
  if (scheme.kind === 'single' && nodes.length > 1) {
    throw new Error(`has ${nodes.length} hosts: use redis-cluster:// or redis+sentinel://mymaster/ for more than one`)
  }
  return {
    kind: scheme.kind,
    nodes,
    ...(master !== undefined && { master }),
    ...parseUser(at < 0 ? '' : rest.slice(0, at)),
    database: parseDatabase(database, scheme.kind),
    tls: scheme.tls,
  }
}

function parseNodes(hosts: string, defaultPort: number): RedisNode[] {
  const names = hosts.split(',')
  if (names.length > MAX_NODES) throw new Error(`has ${names.length} hosts: at most ${MAX_NODES} are allowed`)
  return names.map((name) => parseNode(name, defaultPort))
}

function parseNode(text: string, defaultPort: number): RedisNode {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  const number = port === undefined ? defaultPort : Number(port)
  if (host === undefined || number < 1 || number > 65_535) {
    throw new Error('has a host that is not HOST:PORT; a password goes before "@", percent-encoded')
  }
  return { host, port: number }
}

function parseUser(text: string): { username?: string; password?: string } {
  if (text === '') return {}
  const colon = text.indexOf(':')
  if (colon < 0) throw new Error('has a user without a password: write :PASSWORD@ or USER:PASSWORD@')
  const [username, password] = [text.slice(0, colon), text.slice(colon + 1)].map(percentDecoded)
  return { ...(username && { username }), ...(password && { password }) }
}

function parseDatabase(text: string, kind: RedisAddress['kind']): number {
  if (text === '') return 0
  if (!/^\d{1,4}$/.test(text)) throw new Error(`its database "${text}" is not a number`)
  if (kind === 'cluster' && text !== '0') throw new Error('has a database: a Redis Cluster has only database 0')
  return Number(text)
}
