import { join } from 'node:path'
import { assertCanBuild, buildKubernetes, cachedKubernetes } from './kubernetes.ts'
import { isExecutable } from '../system/on-path.ts'
import type { Binary, Progress } from '../types.ts'

export interface BinariesOptions {
  readonly onProgress?: Progress
}

/**
 * Paths of the programs asked for. Each comes from the first place that has it: the folder `KUBEBUILDER_ASSETS` names,
 * our cache, a build from Go modules (minutes when nothing is cached, then kept in the cache).
 * Throws an error that says what is missing and what helps.
 */
export async function binaries<Name extends Binary>(
  needed: readonly Name[],
  options: BinariesOptions = {},
): Promise<Record<Name, string>> {
  const given = fromAssets(needed)
  const missing = needed.filter((name) => !given.has(name))
  const ours = missing.length === 0 ? '' : (cachedKubernetes() ?? (await buildKubernetes(missing, options)))
  const path = (name: Name): string => given.get(name) ?? join(ours, name)
  return Object.fromEntries(needed.map((name) => [name, path(name)])) as Record<Name, string>
}

/** Why `binaries` would throw, without building anything; undefined when it has them or can build them. */
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
