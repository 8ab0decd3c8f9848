import { readFileSync } from 'node:fs'

/** A credential may come as a file: NAME_FILE holds its path (a mounted Secret). */
export const credentials = [
  'DATABASE_URL',
  'REDIS_URL',
  'BROADCAST_REDIS_URL',
  'JWT_SECRET',
  'JWT_PREVIOUS_SECRET',
  'DATABASE_CA',
  'REDIS_CA',
] as const

export type Credential = (typeof credentials)[number]

/** A Secret's key is at most 1 MiB; nothing that belongs here is longer than a bundle of certificates. */
const maxFileBytes = 1024 * 1024

export interface Variables {
  readonly values: ReadonlyMap<string, string>
  /** Path of the file that a credential was read from. */
  readonly files: ReadonlyMap<Credential, string>
  readonly faults: readonly string[]
}

/** The environment with every NAME_FILE read. An empty variable counts as unset, as `docker -e NAME=` leaves it. */
export function readVariables(env: NodeJS.ProcessEnv): Variables {
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) if (value) values.set(name, value)
  const files = new Map<Credential, string>()
  const faults: string[] = []
  for (const name of credentials) {
    const path = values.get(`${name}_FILE`)
    if (path === undefined) continue
    if (values.has(name)) faults.push(`${name} and ${name}_FILE are both set: remove one of them`)
    files.set(name, path)
    try {
      values.set(name, readCredential(path))
    } catch (error) {
      faults.push(`${name}_FILE: ${(error as Error).message}: mount a readable file there`)
    }
  }
  return { values, files, faults }
}

/** The content without the line end that editors and `kubectl create secret --from-file` leave. */
export function readCredential(path: string): string {
  const bytes = readFileSync(path)
  if (bytes.length > maxFileBytes)
    throw new Error(`${path} has ${bytes.length} bytes, at most ${maxFileBytes} are read`)
  return bytes.toString('utf8').replace(/[\r\n]+$/, '')
}
