import { readFileSync } from 'node:fs'

/** Variables that can be read from a file (of a mounted Secret): NAME_FILE has its path. */
const CREDENTIALS = [
  'DATABASE_URL',
  'REDIS_URL',
  'BROADCAST_REDIS_URL',
  'JWT_SECRET',
  'JWT_PREVIOUS_SECRET',
  'DATABASE_CA',
  'REDIS_CA',
] as const

/** The path of the container's termination message, also where the configuration is invalid. */
export function terminationLog(env: NodeJS.ProcessEnv): string {
  return env['TERMINATION_LOG'] || '/dev/termination-log'
}

export type Credential = (typeof CREDENTIALS)[number]

/** Whether the value of a variable is never printed. */
export function isCredential(name: string): boolean {
  return CREDENTIALS.some((credential) => credential === name)
}

/** The largest key of a Kubernetes Secret. */
const MAX_FILE_BYTES = 1024 * 1024

export interface Variables {
  /** By name, credentials from files included. */
  readonly values: ReadonlyMap<string, string>
  /** Path of the file that a credential was read from, or is to be read from if it could not be read. */
  readonly files: ReadonlyMap<Credential, string>
  /** What is wrong, one fault an entry, each with the fix. */
  readonly faults: readonly string[]
}

/** Reads the environment and the files of every NAME_FILE. An empty variable counts as not set. */
export function readVariables(env: NodeJS.ProcessEnv): Variables {
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(env)) if (value) values.set(name, value)
  const files = new Map<Credential, string>()
  const faults: string[] = []
  for (const name of CREDENTIALS) {
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

/** The content of a file without the line end that editors add. @throws Error if it is too large or cannot be read */
export function readCredential(path: string): string {
  const bytes = readFileSync(path)
  if (bytes.length > MAX_FILE_BYTES)
    throw new Error(`${path} has ${bytes.length} bytes, at most ${MAX_FILE_BYTES} are allowed`)
  return bytes.toString('utf8').replace(/[\r\n]+$/, '')
}
