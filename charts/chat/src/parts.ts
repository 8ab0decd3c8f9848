import { componentNamed, COMPONENTS, type Component } from './components.ts'
import type { Model } from './model.ts'
import type { KubernetesObject } from './types.ts'

/**
 * A part of the spec that can be faulty by itself. `release` is what stands in pods and their configuration, a component the
 * number of pods of its service, `drain` what an autoscaler takes from `spec.websocket.drain`, and `rollout` how one release
 * replaces another.
 */
export type Part = 'release' | 'rollout' | Component | 'drain' | 'exposure' | 'monitoring' | 'networkPolicy'

/** What stays as it is while a part is faulty. */
export const HELD_BY_PART: Readonly<Record<Part, string>> = {
  release: 'the release',
  rollout: 'the release',
  api: 'the number of API pods',
  websocket: 'the number of WebSocket pods',
  worker: 'the number of worker pods',
  drain: 'the autoscaler of the WebSocket pods',
  exposure: 'every Ingress and HTTPRoute',
  monitoring: 'every ServiceMonitor',
  networkPolicy: 'every NetworkPolicy',
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- they are its keys
const ALL_PARTS = Object.keys(HELD_BY_PART) as Part[]

/** The parts of each field, the one that its messages name first. Fields of the services have the parts of the release. */
const FIELD_PARTS: Readonly<Record<string, readonly Part[]>> = {
  version: ['release'],
  images: ['release'],
  database: ['release'],
  redis: ['release'],
  auth: ['release'],
  trustedProxies: ['release'],
  allowedOrigins: ['release'],
  migrations: ['release'],
  messaging: ['release'],
  storage: ['release'],
  api: ['release'],
  'api.replicas': ['api'],
  'api.autoscaling': ['api'],
  worker: ['release'],
  'worker.replicas': ['worker'],
  'worker.autoscaling': ['worker'],
  websocket: ['release'],
  'websocket.replicas': ['websocket'],
  'websocket.autoscaling': ['websocket'],
  'websocket.drain': ['release', 'drain'],
  exposure: ['exposure'],
  // A release must not begin by rules that cannot be followed.
  rollout: ['rollout', 'release'],
  monitoring: ['monitoring'],
  networkPolicy: ['networkPolicy'],
  // Both decide about everything that runs.
  paused: ALL_PARTS,
  hibernated: ['release', ...COMPONENTS],
}

/** The parts that a path below `spec` belongs to; none for a field that is not known at all. */
export function partsAt([field, below]: readonly PropertyKey[]): readonly Part[] {
  const name = String(field)
  if (!Object.hasOwn(FIELD_PARTS, name)) return []
  return FIELD_PARTS[`${name}.${String(below)}`] ?? FIELD_PARTS[name] ?? []
}

const KIND_PARTS: Readonly<Record<string, readonly Part[]>> = {
  ConfigMap: ['release'],
  ControllerRevision: ['release'],
  Job: ['release'],
  Ingress: ['exposure'],
  HTTPRoute: ['exposure'],
  ServiceMonitor: ['monitoring'],
  NetworkPolicy: ['networkPolicy'],
}

/** The parts that a child comes from, desired or live; none for a child that no faulty field can change. */
export function partsOf(
  { kind, metadata: { name } }: Pick<KubernetesObject, 'kind'> & { readonly metadata: { readonly name: string } },
  { services }: Pick<Model, 'services'>,
): readonly Part[] {
  const component = componentNamed(name, services)
  if (component === undefined) return KIND_PARTS[kind] ?? []
  if (kind === 'Deployment') return ['release', 'rollout', component]
  if (kind === 'PodDisruptionBudget') return [component]
  if (kind === 'HorizontalPodAutoscaler') return component === 'websocket' ? [component, 'drain'] : [component]
  return KIND_PARTS[kind] ?? []
}
