import type { Model } from './model.ts'
import { merged } from './overrides.ts'
import { jobName } from './job.ts'
import type { Component, Facts, KubernetesObject } from './types.ts'

/**
 * The one place where plain JSON is merged into what the constructs render: fields that their types do not know yet,
 * the ChatApp's own pod templates, and the owner.
 */
export function complete(object: KubernetesObject, model: Model, facts: Facts): KubernetesObject {
  return owned(namedByTemplate(withPodTemplate(object, model)), facts)
}

type Part = Component | 'migrations'
type Workload = KubernetesObject & { spec: { template: { metadata: object; spec: object } } }

function withPodTemplate(object: KubernetesObject, model: Model): KubernetesObject {
  const part = partOf(object, model)
  if (part === undefined) return object
  const workload = object as Workload
  const template = merged(merged(workload.spec.template, newerFields[part]), model.spec[part].podTemplate ?? {})
  return { ...workload, spec: { ...workload.spec, template } }
}

function partOf({ kind, metadata: { name } }: KubernetesObject, { services }: Model): Part | undefined {
  if (kind === 'Job') return 'migrations'
  if (kind !== 'Deployment') return undefined
  return name === services.api.name ? 'api' : 'websocket'
}

/**
 * Time between the end of a pod's endpoint and the signal to stop, in seconds. Proxies learn of the end within about
 * one; a connection that comes in between is served.
 */
const PRE_STOP_SECONDS = 5

// Kubernetes 1.29 brought preStop.sleep (KEP-3960); the types of 1.27 would drop it without a word.
const newerFields: Readonly<Record<Part, object>> = {
  api: { spec: { containers: [{ name: 'api', lifecycle: { preStop: { sleep: { seconds: PRE_STOP_SECONDS } } } }] } },
  websocket: {
    spec: { containers: [{ name: 'websocket', lifecycle: { preStop: { sleep: { seconds: PRE_STOP_SECONDS } } } }] },
  },
  migrations: {},
}

function namedByTemplate(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'Job') return object
  return { ...object, metadata: { ...object.metadata, name: jobName(object.metadata.name, object['spec']) } }
}

function owned(object: KubernetesObject, { owner }: Facts): KubernetesObject {
  if (owner === undefined) return object
  const { apiVersion, kind, name, uid } = owner
  const reference = { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true } as const
  return { ...object, metadata: { ...object.metadata, ownerReferences: [reference] } }
}
