import { randomBytes } from 'node:crypto'
import { SECRETS } from '@chat-app/chat/resources'
import type { Client } from '../runtime/client.ts'
import { isConflict } from '../runtime/errors.ts'
import type { KubeObject } from '../runtime/types.ts'
import type { KeyOfSecret, Part, SecretRow } from './table.ts'

/** The result for one Secret, without its values. */
export interface Outcome {
  readonly namespace: string
  readonly name: string
  readonly outcome: 'created' | 'exists'
  /** Keys of the table that an existing Secret lacks. */
  readonly missing: readonly string[]
}

type Values = Readonly<Record<string, string>>

/**
 * Creates the missing Secrets of a table, in its order. An existing Secret is not changed, and copies of its values have
 * those values, so that a run after an interrupted one completes it with the same passwords.
 *
 * @param onOutcome called for each Secret
 * @throws ApiError, ConnectionError, or Error for a copy of a key that does not exist
 */
export async function generateSecrets(
  client: Client,
  table: readonly SecretRow[],
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  const known = new Map<string, Values>()
  for (const row of table) {
    const { namespace, name } = row
    const { values, isNew } = await findOrCreate(client, row, known)
    known.set(`${namespace}/${name}`, values)
    const missing = Object.keys(row.data).filter((key) => values[key] === undefined)
    onOutcome({ namespace, name, outcome: isNew ? 'created' : 'exists', missing })
  }
}

async function findOrCreate(client: Client, row: SecretRow, known: ReadonlyMap<string, Values>) {
  const found = await find(client, row)
  if (found !== undefined) return { values: found, isNew: false }
  const values = Object.fromEntries(
    Object.entries(row.data).map(([key, parts]) => [key, parts.map((part) => text(part, known)).join('')]),
  )
  try {
    await client.create(secret(row, values))
    return { values, isNew: true }
  } catch (error) {
    // A conflict: another run has created it, and its values count.
    const other = isConflict(error) ? await find(client, row) : undefined
    if (other === undefined) throw error
    return { values: other, isNew: false }
  }
}

async function find(client: Client, { namespace, name }: SecretRow): Promise<Values | undefined> {
  const found = await client.find(SECRETS, namespace, name)
  if (found === undefined) return undefined
  const { data = {} } = found as { data?: Values }
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]))
}

function secret({ namespace, name }: SecretRow, stringData: Values): KubeObject {
  const labels = { 'app.kubernetes.io/part-of': 'chat-app', 'app.kubernetes.io/managed-by': 'generate-secrets' }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, labels }, type: 'Opaque', stringData }
}

function text(part: Part, known: ReadonlyMap<string, Values>): string {
  if (typeof part === 'string') return part
  return 'held' in part ? random(part.length) : valueOf(part.copied, known)
}

function valueOf({ namespace, name, key }: KeyOfSecret, known: ReadonlyMap<string, Values>): string {
  const value = known.get(`${namespace}/${name}`)?.[key]
  if (value === undefined)
    throw new Error(`the Secret ${name} in ${namespace} has no key ${key}, which another Secret copies; add the key`)
  return value
}

/** Characters of 6 random bits each, which need no escaping in a URL or a shell. */
function random(length: number): string {
  return randomBytes(length).toString('base64url').slice(0, length)
}
