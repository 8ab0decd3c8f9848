import { faultsOf } from '../errors.ts'
import { EnvironmentError, environmentValues, type Environment, type Region } from './values.ts'

/** One Kubernetes cluster and all that is known of it: what every part of the platform is rendered from. */
export interface Cluster {
  readonly environment: Environment
  /** Its folder: `staging`, or `prod/eu-central` where an environment has several clusters. */
  readonly folder: string
  /** @default the environment has one cluster */
  readonly region?: {
    readonly own: Region
    /** The others. */
    readonly peers: readonly Region[]
    /** Whether it takes the writes; the others follow it. */
    readonly isActive: boolean
    readonly active: Region
  }
}

/**
 * The clusters of an environment: one, or one for each region.
 *
 * @throws EnvironmentError for values that are not valid
 */
export function clustersOf(values: Environment): Cluster[] {
  const environment = validated(values)
  const { name, regions } = environment
  if (regions === undefined) return [{ environment, folder: name }]
  const active = regions.clusters.find((region) => region.name === regions.active) as Region
  return regions.clusters.map((own) => ({
    environment,
    folder: `${name}/${own.name}`,
    region: { own, active, isActive: own === active, peers: regions.clusters.filter((region) => region !== own) },
  }))
}

function validated(values: Environment): Environment {
  const parsed = environmentValues.safeParse(values)
  if (parsed.success) return parsed.data
  const lines = [`environment "${values.name}" is not valid:`, ...faultsOf(parsed.error, values)]
  throw new EnvironmentError(lines.join('\n  '))
}
