import { unknownName } from '@chat-app/cli'
import { clustersOf, type Cluster, type Environment } from '@chat-app/platform'
import { releasedEnvironment, type Released } from '@chat-app/release'

/**
 * A cluster of an environment, with the version and the registry of a release.
 *
 * @param env name of the environment
 * @param name region, or folder such as `prod/eu-central`; undefined for an environment with one cluster
 * @throws Error that names the valid ones, for an unknown name, and when there are several clusters and none is named
 */
export function clusterOf(
  environments: readonly Environment[],
  env: string,
  name: string | undefined,
  released: Released,
): Cluster {
  const environment = environments.find((candidate) => candidate.name === env)
  if (environment === undefined) {
    const valid = environments.map((candidate) => candidate.name)
    throw new Error(`--env: ${unknownName('environment', env, valid)}`)
  }
  const clusters = clustersOf(releasedEnvironment(environment, released))
  if (name === undefined && clusters.length === 1) return clusters[0] as Cluster
  const valid = clusters.map(({ folder }) => folder)
  if (name === undefined)
    throw new Error(`--env ${env} has several clusters: add --cluster, one of ${valid.join(', ')}`)
  const found = clusters.find(({ folder }) => folder === name || folder === `${env}/${name}`)
  if (found !== undefined) return found
  throw new Error(`--cluster: ${unknownName(`cluster of ${env}`, `${env}/${name.replace(`${env}/`, '')}`, valid)}`)
}
