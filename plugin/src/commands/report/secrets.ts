import { TIMEOUT, reasonOf, type Cluster } from '../../cluster/cluster.ts'
import type { StoredChatApp } from '../../cluster/objects.ts'
import { formsOf } from './redact.ts'

/** What must not be in a report, and why it may be incomplete. */
export interface SecretValues {
  readonly values: readonly string[]
  readonly unread: readonly string[]
}

/**
 * The values of the Secrets that a ChatApp names, to leave them out of a report wherever they stand. They are kept in
 * memory alone, and where they cannot be read, only what looks like a credential is left out.
 */
export async function secretValues({ results }: Cluster, { metadata, spec }: StoredChatApp): Promise<SecretValues> {
  const read = await Promise.all([...secretNames(spec)].map(valuesOf))
  async function valuesOf(name: string): Promise<SecretValues> {
    const result = await results(['get', 'secret', name, '--namespace', metadata.namespace, '-o', 'json', ...TIMEOUT])
    if (result.code !== 0) return { values: [], unread: [`Secret ${name}: ${reasonOf(result)}`] }
    const { data = {} } = JSON.parse(result.out) as { data?: Record<string, string> }
    const values = Object.values(data).map((value) => Buffer.from(value, 'base64').toString('utf8'))
    return { values: values.flatMap(formsOf), unread: [] }
  }
  return { values: read.flatMap(({ values }) => values), unread: read.flatMap(({ unread }) => unread) }
}

/** The names of all Secrets anywhere in a spec, also in its pod templates. */
export function secretNames(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found
  for (const [key, field] of Object.entries(value)) {
    if (/secretKeyRef$|secretRef$/i.test(key)) add((field as { name?: unknown } | null)?.name)
    else if (key === 'secretName') add(field)
    else if (key === 'secretNames') Object.values((field ?? {}) as object).forEach(add)
    else if (key === 'secret') add((field as { name?: unknown } | null)?.name)
    secretNames(field, found)
  }
  function add(name: unknown): void {
    if (typeof name === 'string') found.add(name)
  }
  return found
}
