import { unknownName } from '@chat-app/cli'
import { environments } from '@chat-app/environments'
import { clustersOf, type Cluster, type Environment } from '@chat-app/platform'

/**
 * The environments with these names, in the order of `environments`; all of them when no name is given.
 *
 * @throws Error that names what is valid
 */
export function chosenEnvironments(names: readonly string[]): readonly Environment[] {
  const valid = environments.map(({ name }) => name)
  const unknown = names.find((name) => !valid.includes(name))
  if (unknown !== undefined) throw new Error(unknownName('environment', unknown, valid))
  return names.length === 0 ? environments : environments.filter(({ name }) => names.includes(name))
}

/**
 * The cluster with a name: that of a folder (`prod/eu-central`), or the one of an environment that takes the writes.
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
  throw new Error(unknownName('environment or cluster', name, valid))
}
