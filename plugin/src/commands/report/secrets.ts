import { TIMEOUT, reasonOf, type Cluster } from '../../cluster/cluster.ts'
import { isSubdomain } from '../../cluster/names.ts'
import { MAX_SECRETS } from '../../limits.ts'
import { formsOf, SHORTEST_CHARACTERS } from './redact.ts'

/** What must not be in a report, and why it may be incomplete. */
export interface SecretValues {
  readonly values: readonly string[]
  readonly unread: readonly string[]
}

/**
 * The forms of the values of the Secrets that these objects name, to leave them out of a report wherever they stand.
 * They are kept in memory alone, and where they cannot be read, only what looks like a credential is left out.
 *
 * @param known words that everybody knows, such as the name of the ChatApp: as values they are no secret
 */
export async function secretValues(
  { results }: Cluster,
  namespace: string,
  objects: readonly unknown[],
  known: readonly string[],
): Promise<SecretValues> {
  // No Secret can have another name.
  const names = [...secretNames(objects)].filter(isSubdomain).toSorted()
  const asked = names.slice(0, MAX_SECRETS)
  const unread = names.length > asked.length ? [`${names.length - asked.length} Secrets: ${MAX_SECRETS} are read`] : []
  const values = new Set<string>()
  for (const name of asked) {
    const result = await results(['get', `secret/${name}`, '--namespace', namespace, '--output', 'json', ...TIMEOUT])
    if (result.code !== 0) unread.push(`Secret "${name}" cannot be read: ${reasonOf(result)}`)
    else for (const form of formsIn(result.out)) values.add(form)
  }
  for (const word of known) values.delete(word)
  return { values: [...values], unread }
}

function formsIn(secret: string): string[] {
  const { data } = JSON.parse(secret) as { data?: Readonly<Record<string, string>> | null }
  // A value that is no text has only the form in which it is stored.
  return Object.values(data ?? {}).flatMap((value) => [
    ...(value.length >= SHORTEST_CHARACTERS ? [value] : []),
    ...formsOf(Buffer.from(value, 'base64').toString('utf8')),
  ])
}

/** The names of all Secrets anywhere in objects: in specs, pod templates and records. */
export function secretNames(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found
  for (const [key, field] of Object.entries(value)) {
    if (/secretKeyRef$|secretRef$/i.test(key)) add((field as { name?: unknown } | null)?.name)
    else if (key === 'secretName') add(field)
    else if (key === 'imagePullSecrets' && Array.isArray(field))
      for (const each of field as ({ name?: unknown } | null)[]) add(each?.name)
    else if (key === 'secretNames') Object.values((field ?? {}) as object).forEach(add)
    else if (key === 'secret') add((field as { name?: unknown } | null)?.name)
    secretNames(field, found)
  }
  function add(name: unknown): void {
    if (typeof name === 'string') found.add(name)
  }
  return found
}
