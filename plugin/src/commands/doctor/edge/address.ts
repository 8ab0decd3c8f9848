import { randomBytes } from 'node:crypto'
import { ask, type Edge } from './edge.ts'
import type { SeenAddress } from './measured.ts'

/** Of a range that is for documentation (RFC 5737), so that nobody has it. */
const FORGED = '192.0.2.77'

/** Where the services say which address a failed log-in came from. */
export interface SecurityLog {
  /** The address of the log-in of this user that failed; undefined when none is found in time. */
  readonly addressOf: (user: string) => Promise<string | undefined>
  /** Addresses of pods and nodes. */
  readonly inside: () => Promise<ReadonlySet<string>>
}

/**
 * Lets one log-in fail, of a user who does not exist and with a forged `X-Forwarded-For`, and reads in the log of the
 * services which address they have counted it for. No answer of the API tells that, since it is for operators alone.
 */
export async function addressSeen(api: Edge, log: SecurityLog, timeoutMs: number): Promise<SeenAddress | undefined> {
  const name = `doctor-${randomBytes(8).toString('hex')}`
  const body = JSON.stringify({ name, password: randomBytes(16).toString('hex') })
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': FORGED }
  const { local, remote } = await ask(api, { method: 'POST', path: '/api/users/login', headers, body, timeoutMs })
  const seen = await log.addressOf(name)
  if (seen === undefined) return undefined
  return { seen: bare(seen), forged: FORGED, local: bare(local), remote: bare(remote), inside: await log.inside() }
}

/** An IPv4 address that a socket of IPv6 has. */
function bare(address: string): string {
  return address.replace(/^::ffff:/, '')
}
