import { join } from 'node:path'
import { assertCanBuild, buildKubernetes, cachedKubernetes } from './kubernetes.ts'
import { isExecutable } from '../system/on-path.ts'
import type { Binary, Progress } from '../types.ts'

export interface BinariesOptions {
  readonly onProgress?: Progress
}

/**
 * Returns the paths of the programs. Each comes from the first place that has it: the folder in `KUBEBUILDER_ASSETS`,
 * the cache, or a build from Go modules (which takes minutes; the result is kept in the cache).
 *
 * @throws Error that names what is missing for a build, and the remedies
 */
export async function binaries<Name extends Binary>(
  needed: readonly Name[],
  options: BinariesOptions = {},
): Promise<Record<Name, string>> {
  const given = fromAssets(needed)
  const missing = needed.filter((name) => !given.has(name))
  const built = missing.length === 0 ? '' : (cachedKubernetes() ?? (await buildKubernetes(missing, options)))
  const path = (name: Name): string => given.get(name) ?? join(built, name)
  return Object.fromEntries(needed.map((name) => [name, path(name)])) as Record<Name, string>
}

/** Returns the reason why `binaries` would throw, without building anything; undefined if it has or can build them. */
export function whyNoBinaries(needed: readonly Binary[]): string | undefined {
  const given = fromAssets(needed)
  const missing = needed.filter((name) => !given.has(name))
  if (missing.length === 0 || cachedKubernetes() !== undefined) return undefined
  try {
    assertCanBuild(missing)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function fromAssets(needed: readonly Binary[]): ReadonlyMap<Binary, string> {
  const folder = process.env['KUBEBUILDER_ASSETS']
  if (!folder) return new Map()
  return new Map(needed.map((name) => [name, join(folder, name)] as const).filter(([, path]) => isExecutable(path)))
}
