import { ModelError } from '@chat-app/chat'
import { filled } from '../custom/filled.ts'
import { ManifestError } from '../custom/files.ts'
import { PatchError } from '../custom/patches.ts'
import { notValid, validated } from './validated.ts'
import type { Cluster } from '../environment/cluster.ts'
import type { Environment, Region } from '../environment/environment.ts'
import { allowedHosts } from '../parts/policies/enforced.ts'

/**
 * The clusters of an environment: one, or one for each region.
 *
 * @throws EnvironmentError for values that are not valid
 */
export function clustersOf(values: Environment): Cluster[] {
  const environment = filled(validated(values))
  const { name, regions } = environment
  if (regions === undefined) return [{ environment, folder: name }]
  const active = regions.clusters.find((region) => region.name === regions.active) as Region
  return regions.clusters.map((own) => ({
    environment,
    folder: `${name}/${own.name}`,
    region: { own, active, isActive: own === active, peers: regions.clusters.filter((region) => region !== own) },
  }))
}

/**
 * The cluster of an environment that takes its writes.
 *
 * @throws EnvironmentError for values that are not valid
 */
export function activeCluster(values: Environment): Cluster {
  return clustersOf(values).find(({ region }) => region?.isActive !== false) as Cluster
}

/** @throws EnvironmentError instead of the errors of the ChatApp's model, of patches and of manifests */
export function withEnvironmentErrors<T>({ environment }: Cluster, render: () => T): T {
  try {
    return render()
  } catch (error) {
    if (error instanceof PatchError)
      throw notValid(environment.name, [`patches[${error.index}]: ${error.message}`], error)
    if (error instanceof ManifestError)
      throw notValid(environment.name, [`manifests[${error.index}]: ${error.message}`], error)
    if (!(error instanceof ModelError)) throw error
    const faults = error.faults.map((fault) => `chatApp.${fault}`)
    throw notValid(environment.name, faults, error)
  }
}

/** @throws EnvironmentError when two environments have the same name, and so the same folder */
export function assertDistinct(environments: readonly Environment[]): void {
  const names = environments.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw notValid(twice, ['name: must be unique: each environment has a folder of this name'])
}

/**
 * @param all every environment of the pipeline
 * @throws EnvironmentError when a deployment waits for one that its pipelines do not have, or two have the same environment of GitLab
 */
export function assertPipeline(all: readonly Environment[]): void {
  const before: Environment[] = []
  for (const environment of all) {
    const { name, pipeline } = environment
    if (pipeline === undefined) continue
    const sameRef = before.filter((other) => other.pipeline?.on === pipeline.on).map((other) => other.name)
    if (pipeline.after !== undefined && !sameRef.includes(pipeline.after))
      throw notValid(name, [
        `pipeline.after: must be an environment that stands before it in the list and is deployed on ${pipeline.on}: ${sameRef.join(', ') || 'there is none'} (it is ${JSON.stringify(pipeline.after)})`,
      ])
    const twin = before.find((other) => gitLabName(other) === gitLabName(environment))
    if (twin !== undefined)
      throw notValid(name, [
        `pipeline.environment: must differ from that of ${twin.name}: variables such as KUBE_CONTEXT are set for it (it is ${JSON.stringify(gitLabName(environment))})`,
      ])
    before.push(environment)
  }
}

function gitLabName({ name, pipeline }: Environment): string {
  return pipeline?.environment ?? name
}

/**
 * @param environments valid ones
 * @throws EnvironmentError when two namespaces of one cluster may use the same host
 */
export function assertOneOwner(environments: readonly Environment[]): void {
  const owners = new Map<string, string>()
  const claims = environments.flatMap((environment) =>
    Object.entries(allowedHosts(environment)).flatMap(([namespace, hosts]) =>
      [...new Set(hosts)].map((host) => ({ environment, namespace, host })),
    ),
  )
  for (const { environment, namespace, host } of claims) {
    const place = JSON.stringify([environment.cluster ?? { of: environment.name }, host])
    const owner = owners.get(place)
    const fault = `policies.enforce.hosts: namespace ${namespace} lists ${host}, which ${owner} has on the same cluster: a host has one owner`
    if (owner !== undefined) throw notValid(environment.name, [fault])
    owners.set(place, `namespace ${namespace} of ${environment.name}`)
  }
}
