import { clustersOf, type Cluster, type Environment } from '@chat-app/platform'
import { releasedEnvironment, type Released } from '@chat-app/release'

/**
 * The cluster of an environment that is meant, as it runs a release.
 *
 * @throws Error that names the valid ones, for an unknown name, and where there are several and none is named
 */
export function clusterOf(
  environments: readonly Environment[],
  env: string,
  name: string | undefined,
  released: Released,
): Cluster {
  const environment = environments.find((candidate) => candidate.name === env)
  if (environment === undefined)
    throw new Error(`--env "${env}": unknown environment; there are ${environments.map(({ name }) => name).join(', ')}`)
  const clusters = clustersOf(releasedEnvironment(environment, released))
  if (name === undefined && clusters.length === 1) return clusters[0] as Cluster
  const valid = clusters.map(({ folder }) => folder).join(', ')
  if (name === undefined) throw new Error(`--env ${env} has several clusters: add --cluster, one of ${valid}`)
  const found = clusters.find(({ folder }) => folder === name || folder === `${env}/${name}`)
  if (found !== undefined) return found
  throw new Error(`--cluster "${name}": unknown cluster of ${env}; there is ${valid}`)
}
