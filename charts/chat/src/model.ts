import { ChatAppSpec, objectRules, type ChatApp, type ChatAppSpecDefaulted } from '@chat-app/crds'
import { ModelError, faultText, faultsOf } from './errors.ts'
import { selectorLabels, selectorString, type Labels } from './labels.ts'
import { clusterUses, type ClusterUse } from './cluster-uses.ts'
import type { ByService, ChatComponent, Component } from './components.ts'
import { hashOf } from './hash.ts'
import { templateFaults } from './overrides.ts'
import { productionYml } from './production-yml.ts'
import { secretsOf, type SecretUse } from './secrets.ts'
import { urlsOf, type Urls } from './urls.ts'

/**
 * A ChatApp with every default filled in and every name decided. It is the same for a ChatApp from a file and for the
 * one that the API server has stored.
 */
export interface Model {
  readonly name: string
  readonly namespace: string
  readonly version: string
  readonly paused: boolean
  readonly hibernated: boolean
  readonly spec: DeepReadonly<ChatAppSpecDefaulted>
  readonly names: Names
  readonly services: ByService<ServiceModel>
  /** The Secrets that the pods read. */
  readonly secrets: readonly SecretUse[]
  /** The resources of other operators that a rollout waits for. */
  readonly clusters: readonly ClusterUse[]
  readonly urls: Urls
}

/** The fields of the spec that every service has. */
export type Workload = DeepReadonly<NonNullable<ChatAppSpecDefaulted['worker']>>

/** One service that runs as a Deployment. */
export interface ServiceModel {
  readonly component: Component
  /** Its part of the spec. */
  readonly workload: Workload
  /** Name of its Deployment, Service, ServiceAccount, autoscaler and policies. */
  readonly name: string
  readonly image: string
  /** Port on which the container serves; the Service maps 80 to that of a service with clients. */
  readonly port: number
  /** Number of pods, or the initial number when an autoscaler sets it. */
  readonly replicas: number
  /** Whether the number is not the ChatApp's: an autoscaler sets it, or its field is faulty. */
  readonly autoscaled: boolean
  readonly selector: Labels
  /** The selector as a string, for status and for listing pods. */
  readonly selectorString: string
}

/** Names of the children that belong to no service. */
export interface Names {
  /** The ConfigMap; it ends with a hash of the configuration. */
  readonly config: string
  /** ServiceAccount of the migration Job, and the first part of the Job's name. */
  readonly migrate: string
  /** ServiceAccount of the proof of a rollout, and the first part of the names of its Jobs. */
  readonly prove: string
}

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T

/**
 * @throws ModelError when the ChatApp breaks the schema or a rule. The API server refuses the same ones, but a file has only this
 *   check, and the operator may read a ChatApp that an earlier schema accepted
 */
export function model(chatApp: ChatApp): Model {
  const names = identityOf(chatApp)
  const parsed = ChatAppSpec.safeParse(chatApp.spec)
  if (!parsed.success) throw new ModelError(names.name, faultsOf(parsed.error, chatApp.spec, 'spec'))
  const faults = templateFaults(parsed.data)
  if (faults.length > 0)
    throw new ModelError(
      names.name,
      faults.map((fault) => faultText(fault, {}, 'spec')),
    )
  return modelOf(names, parsed.data)
}

/** Name and namespace of a ChatApp. */
export interface Identity {
  readonly name: string
  readonly namespace: string
}

/** The model of a valid spec. */
export function modelOf({ name, namespace }: Identity, spec: ChatAppSpecDefaulted): Model {
  return {
    name,
    namespace,
    version: spec.version,
    paused: spec.paused,
    hibernated: spec.hibernated,
    spec,
    names: {
      config: `${name}-config-${hashOf(productionYml(spec)).slice(0, 10)}`,
      migrate: `${name}-migrate`,
      prove: `${name}-prove`,
    },
    services: {
      api: service('api', name, spec, spec.api),
      websocket: service('websocket', name, spec, spec.websocket),
      ...(spec.worker && { worker: service('worker', name, spec, spec.worker) }),
    },
    secrets: secretsOf(spec),
    clusters: clusterUses(spec, namespace),
    urls: urlsOf(name, namespace, spec.exposure),
  }
}

/** @throws ModelError when the name or the namespace is wrong */
export function identityOf({ metadata }: ChatApp): Identity {
  const { name, namespace } = metadata
  if (namespace === undefined)
    throw new ModelError(name, ['metadata.namespace is missing: a ChatApp belongs to a namespace'])
  const broken = objectRules.filter((rule) => !rule.holds(chatAppNamed(name)))
  if (broken.length > 0)
    throw new ModelError(
      name,
      broken.map(({ message }) => `${message} (it is "${name}")`),
    )
  return { name, namespace }
}

function chatAppNamed(name: string): { metadata: { name: string } } {
  return { metadata: { name } }
}

const images = { api: 'chat-service', websocket: 'websocket-service' } as const
/** Port of each program. */
export const servicePorts = { api: 8080, websocket: 8085 } as const

function service(component: Component, name: string, spec: ChatAppSpecDefaulted, workload: Workload): ServiceModel {
  const selector = selectorLabels(name, component)
  // The worker is another command of the API's program.
  const program = component === 'worker' ? 'api' : component
  return {
    component,
    workload,
    name: `${name}-${component}`,
    image: imageOf(program, spec),
    port: servicePorts[program],
    replicas: spec.hibernated ? 0 : replicasOf(workload),
    autoscaled: workload.autoscaling !== undefined && !spec.hibernated,
    selector,
    selectorString: selectorString(selector),
  }
}

function imageOf(component: ChatComponent, { images: { registry, digests }, version }: ChatAppSpecDefaulted): string {
  const digest = digests[component]
  return `${registry}/${images[component]}${digest === undefined ? `:${version}` : `@${digest}`}`
}

function replicasOf({ replicas, autoscaling }: Workload): number {
  if (autoscaling === undefined) return replicas
  return Math.min(Math.max(replicas, autoscaling.minReplicas), autoscaling.maxReplicas)
}
