import { DOCTOR_REQUEST_SECONDS } from '../limits.ts'
import { reasonOf, type Cluster } from './cluster.ts'
import { isLabel, isSubdomain } from './names.ts'

/** An answer of the cluster, or why there is none. */
export type Read<T> =
  | { readonly is: 'read'; readonly value: T }
  /** The object or its kind does not exist. */
  | { readonly is: 'missing'; readonly reason: string }
  | { readonly is: 'forbidden'; readonly reason: string }
  | { readonly is: 'failed'; readonly reason: string }

/** Reads JSON by kubectl, in bounded time. It never throws, since one answer that is missing must not hide the others. */
export async function readJson<T>({ results }: Cluster, args: readonly string[], input?: string): Promise<Read<T>> {
  const bounded = [...args, '--request-timeout', `${DOCTOR_REQUEST_SECONDS}s`]
  const run = { timeoutMs: 2 * DOCTOR_REQUEST_SECONDS * 1000, ...(input !== undefined && { input }) }
  try {
    const result = await results(bounded, run)
    // With --ignore-not-found kubectl may print nothing.
    if (result.code === 0) return { is: 'read', value: JSON.parse(result.out || NOTHING) as T }
    return { is: kindOf(result.err), reason: reasonOf(result) }
  } catch (error) {
    return { is: 'failed', reason: (error as Error).message }
  }
}

const NOTHING = '{"items":[]}'

/** Lists objects of a namespace, or of the cluster, as JSON. */
export async function readList<T>(cluster: Cluster, args: readonly string[]): Promise<Read<readonly T[]>> {
  const read = await readJson<object>(cluster, ['get', ...args, '--output', 'json'])
  if (read.is !== 'read') return read
  // An object that is asked for by its name alone is no list.
  const { items = [read.value as T] } = read.value as { readonly items?: readonly T[] }
  return { is: 'read', value: items }
}

/** The name of an object as a file or another object says it, so that it may be anything. */
interface Named {
  /** The plural, with the group where there is one. */
  readonly kind: string
  readonly name: string
  /** Absent for objects of the cluster. */
  readonly namespace?: string
}

/** Reads one object as JSON. kubectl is not asked for one that no object can be. */
export async function readObject<T>(cluster: Cluster, { kind, name, namespace }: Named): Promise<Read<T>> {
  const isPossible = isSubdomain(kind) && isSubdomain(name) && (namespace === undefined || isLabel(namespace))
  if (!isPossible) return { is: 'missing', reason: `no ${kind} can have the name "${name}"` }
  const where = namespace === undefined ? [] : ['--namespace', namespace]
  return readJson<T>(cluster, ['get', `${kind}/${name}`, ...where, '--output', 'json'])
}

/** Reads those of the named objects of a namespace that are there. */
export async function readNamed<T>(
  cluster: Cluster,
  kind: string,
  names: readonly string[],
  namespace: string,
): Promise<Read<readonly T[]>> {
  const asked = names.filter(isSubdomain).map((name) => `${kind}/${name}`)
  // Without a name kubectl lists all.
  if (asked.length === 0 || !isLabel(namespace)) return { is: 'read', value: [] }
  return readList<T>(cluster, [...asked, '--ignore-not-found', '--namespace', namespace])
}

/** A path of the API server, such as `/apis`. */
export function readPath<T>(cluster: Cluster, path: string): Promise<Read<T>> {
  return readJson<T>(cluster, ['get', '--raw', path])
}

const FORBIDDEN = /\((?:Forbidden|Unauthorized)\)/
const MISSING = /\(NotFound\)|doesn't have a resource type|no matches for kind|could not find the requested resource/

function kindOf(err: string): 'missing' | 'forbidden' | 'failed' {
  if (FORBIDDEN.test(err)) return 'forbidden'
  return MISSING.test(err) ? 'missing' : 'failed'
}
