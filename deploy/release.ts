import { clustersOf, type Cluster, type Environment } from '../charts/src/index.ts'

/** Which release of our images, and from where. */
export interface Release {
  readonly version?: string
  readonly registry?: string
}

/** The environment with another release of the operator and the ChatApp. */
export function withRelease(environment: Environment, { version, registry }: Release): Environment {
  const { operator, chatApp } = environment
  const tag = version ?? operator.image.slice(operator.image.lastIndexOf(':') + 1)
  const repository = registry ?? operator.image.slice(0, operator.image.lastIndexOf('/'))
  return {
    ...environment,
    operator: { ...operator, image: `${repository}/operator:${tag}`, version: version ?? operator.version },
    chatApp: {
      ...chatApp,
      spec: {
        ...chatApp.spec,
        ...(version !== undefined && { version }),
        ...(registry !== undefined && { images: { ...chatApp.spec.images, registry } }),
      },
    },
  }
}

/**
 * The cluster of an environment that is meant.
 *
 * @throws Error that names the valid ones, for an unknown name, and where there are several and none is named
 */
export function clusterOf(
  environments: readonly Environment[],
  env: string,
  name: string | undefined,
  release: Release,
): Cluster {
  const environment = environments.find((candidate) => candidate.name === env)
  if (environment === undefined)
    throw new Error(`--env "${env}": unknown environment; there are ${environments.map(({ name }) => name).join(', ')}`)
  const clusters = clustersOf(withRelease(environment, release))
  if (name === undefined && clusters.length === 1) return clusters[0] as Cluster
  const valid = clusters.map(({ folder }) => folder)
  if (name === undefined)
    throw new Error(`--env ${env} has several clusters: add --cluster, one of ${valid.join(', ')}`)
  const found = clusters.find(({ folder }) => folder === name || folder === `${env}/${name}`)
  if (found !== undefined) return found
  throw new Error(`--cluster "${name}": unknown cluster of ${env}; there is ${valid.join(', ')}`)
}
