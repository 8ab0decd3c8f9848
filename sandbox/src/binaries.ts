import { join } from 'node:path'
import { buildKubernetes, cachedKubernetes } from './go-build.ts'
import { isExecutable } from './on-path.ts'
import type { Binary, Progress } from './types.ts'

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
  const assets = process.env['KUBEBUILDER_ASSETS']
  const given = assets ? needed.filter((name) => isExecutable(join(assets, name))) : []
  const missing = needed.filter((name) => !given.includes(name))
  const ours = missing.length === 0 ? '' : (cachedKubernetes() ?? (await buildKubernetes(missing, options)))
  const path = (name: Name): string => join(given.includes(name) && assets ? assets : ours, name)
  return Object.fromEntries(needed.map((name) => [name, path(name)])) as Record<Name, string>
}
