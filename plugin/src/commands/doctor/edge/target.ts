import type { Command, Option } from '@chat-app/cli'
import { readFileSync } from 'node:fs'
import { misused } from '../../../command/subcommand.ts'
import { EDGE_SECONDS, MAX_EDGE_SECONDS } from '../../../limits.ts'

export const EDGE_OPTIONS = {
  edge: { help: 'hold WebSockets through the Ingress or Gateway of a ChatApp that runs, and name what cuts them' },
  'edge-seconds': { value: 'SECONDS', help: 'how long the sockets are held', default: String(EDGE_SECONDS) },
  'edge-address': {
    value: 'HOST:PORT',
    help: 'where to connect in place of the address of the hosts, such as of a load balancer without a DNS name yet',
  },
  'edge-ca': { value: 'FILE', help: 'the certificate authority of the hosts (PEM)', default: 'the public ones' },
} as const satisfies Record<string, Option>

/** How an edge is measured. */
export interface EdgeTarget {
  readonly seconds: number
  /** Undefined for the addresses of the hosts. */
  readonly address: { readonly host: string; readonly port: number } | undefined
  /** Of the certificates of the hosts, PEM; undefined for the public ones. */
  readonly ca: string | undefined
}

const WHOLE = /^[0-9]{1,6}$/
const ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+)):([0-9]{1,5})$/
const MAX_PORT = 65_535

interface Given {
  readonly edge?: true
  readonly 'edge-seconds'?: string
  readonly 'edge-address'?: string
  readonly 'edge-ca'?: string
}

/** What the options ask for; undefined without `--edge`. @throws Failure for wrong values */
export function edgeTarget(command: Command, given: Given): EdgeTarget | undefined {
  const { edge, 'edge-seconds': text = String(EDGE_SECONDS), 'edge-address': to, 'edge-ca': file } = given
  const seconds = Number(text)
  if (!WHOLE.test(text) || seconds < 1 || seconds > MAX_EDGE_SECONDS)
    throw misused(command, `--edge-seconds "${text}": it can be 1 to ${MAX_EDGE_SECONDS}`)
  const [, ipv6, name, port] = ADDRESS.exec(to ?? '') ?? []
  if (to !== undefined && (port === undefined || Number(port) < 1 || Number(port) > MAX_PORT))
    throw misused(command, `--edge-address "${to}": it must be HOST:PORT, such as 10.0.0.7:443`)
  if (edge === undefined) return undefined
  const address = port === undefined ? undefined : { host: ipv6 ?? name ?? '', port: Number(port) }
  return { seconds, address, ca: file === undefined ? undefined : authority(command, file) }
}

function authority(command: Command, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw misused(command, `--edge-ca: ${(error as Error).message}`)
  }
}
