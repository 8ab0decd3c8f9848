import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'

/** Bounds the size to which aliases can expand a YAML file. */
const MAX_ALIASES = 10

/** The document that the user's file is merged into: a key that the file does not have is taken from its variable. */
const DEFAULTS = {
  database: { url: '${DATABASE_URL}' },
  redis: { url: '${REDIS_URL}' },
  broadcast: { redis_url: '${BROADCAST_REDIS_URL}' },
  jwt: { secret: '${JWT_SECRET}', previous_secret: '${JWT_PREVIOUS_SECRET}' },
  server: { host: '${SERVER_HOST}', port: '${SERVER_PORT}' },
  users: { registration: '${REGISTRATION}', deleted_messages: '${DELETED_MESSAGES}' },
}

type Section = Record<string, unknown>

/**
 * Reads the configuration file, before references are replaced. What is wrong with it is added to `faults`.
 * @param named the value of CONFIG_FILE @default `config/production.yml` beside the program, which need not exist
 */
export function readDocument(named: string | undefined, faults: string[]): Section {
  const path = named ?? join(dirname(process.argv[1] ?? '.'), 'config', 'production.yml')
  try {
    const content: unknown = parse(readFileSync(path, 'utf8'), { maxAliasCount: MAX_ALIASES })
    if (content === null || content === undefined) return DEFAULTS
    if (isMap(content)) return merge(DEFAULTS, content)
    faults.push(`CONFIG_FILE: ${path} must have the sections database, redis, broadcast, jwt, server`)
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (named !== undefined || !isAbsent)
      faults.push(`CONFIG_FILE: ${path}: ${(error as Error).message.split('\n')[0]}`)
  }
  return DEFAULTS
}

/** Merges section by section. A section of the user's file that is not a map is kept, and the schema refuses it. */
function merge(under: Section, over: Section): Section {
  const merged = new Map<string, unknown>(Object.entries(under))
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key)
    merged.set(key, isMap(below) && isMap(value) ? { ...below, ...value } : (value ?? below))
  }
  return Object.fromEntries(merged)
}

export function isMap(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
