import { environments } from '@chat-app/environments'
import { clustersOf, type Cluster, type Environment } from '@chat-app/platform'

/**
 * The environments of these names, in their order; all of them when there are no names.
 *
 * @throws Error that names what is valid
 */
export function chosenEnvironments(names: readonly string[]): readonly Environment[] {
  const valid = environments.map(({ name }) => name)
  const unknown = names.find((name) => !valid.includes(name))
  if (unknown !== undefined) throw new Error(`unknown environment "${unknown}"; there are ${valid.join(', ')}`)
  return names.length === 0 ? environments : environments.filter(({ name }) => names.includes(name))
}

/**
 * The cluster that a name stands for: that of a folder, or the one of an environment that takes the writes.
 *
 * @throws Error that names what is valid
 */
export function chosenCluster(name: string): Cluster {
  const clusters = environments.flatMap(clustersOf)
  const found =
    clusters.find(({ folder }) => folder === name) ??
    clusters.find(({ environment, region }) => environment.name === name && region?.isActive === true)
  if (found !== undefined) return found
  const valid = [...new Set(clusters.flatMap(({ environment, folder }) => [environment.name, folder]))]
  throw new Error(`unknown environment or cluster "${name}"; there are ${valid.join(', ')}`)
}
