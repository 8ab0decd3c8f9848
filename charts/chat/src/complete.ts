import { componentNamed, type Component } from './components.ts'
import type { Model } from './model.ts'
import { merged } from './overrides.ts'
import { hashOf } from './hash.ts'
import { jobName } from './job.ts'
import { INPUTS } from './labels.ts'
import { PRE_STOP_SECONDS } from './limits.ts'
import { rollingSecrets } from './secrets.ts'
import { FAILURE_POLICY } from './objects/migration.ts'
import type { Facts, KubernetesObject } from './types.ts'

/**
 * Completes an object of the constructs: adds the fields that their types do not have yet, the ChatApp's pod templates, the
 * hash of their inputs, the name of a Job, and the owner. Nothing else merges plain JSON into rendered objects.
 */
export function complete(object: KubernetesObject, model: Model, facts: Facts): KubernetesObject {
  return owned(namedByTemplate(withInputs(withPodTemplate(object, model), model, facts)), facts)
}

type Part = Component | 'migrations'
type Workload = KubernetesObject & {
  spec: { template: { metadata: object; spec: { restartPolicy?: string } }; podFailurePolicy?: object }
}

function withPodTemplate(object: KubernetesObject, model: Model): KubernetesObject {
  const part = partOf(object, model)
  if (part === undefined) return object
  const workload = object as Workload
  const template = merged(merged(workload.spec.template, newerFields(part)), model.spec[part]?.podTemplate ?? {})
  return { ...workload, spec: withFailurePolicy({ ...workload.spec, template }, part) }
}

/** The types of 1.27 do not allow a rule without conditions. The API server refuses a policy where containers restart. */
function withFailurePolicy(spec: Workload['spec'], part: Part): Workload['spec'] {
  if (part !== 'migrations' || spec.template.spec.restartPolicy !== 'Never') return spec
  return { ...spec, podFailurePolicy: FAILURE_POLICY }
}

function partOf({ kind, metadata: { name } }: KubernetesObject, { services }: Model): Part | undefined {
  if (kind === 'Job') return 'migrations'
  return kind === 'Deployment' ? componentNamed(name, services) : undefined
}

// Kubernetes 1.29 brought preStop.sleep (KEP-3960); the types of 1.27 would drop it without an error.
function newerFields(part: Part): object {
  if (part === 'migrations' || part === 'worker') return {}
  return { spec: { containers: [{ name: part, lifecycle: { preStop: { sleep: { seconds: PRE_STOP_SECONDS } } } }] } }
}

/**
 * Adds the hash of everything that the pods of a Deployment are made of: the template, in which the name of the ConfigMap
 * stands for its content, and the Secrets that the pods read only at start.
 */
function withInputs(object: KubernetesObject, model: Model, { secretHashes }: Facts): KubernetesObject {
  if (object.kind !== 'Deployment') return object
  const workload = object as Workload
  const { template } = workload.spec
  const secrets = rollingSecrets(model.secrets).map((value) => [value, secretHashes[value] ?? ''])
  const annotations = { [INPUTS]: hashOf([template, secrets]) }
  return { ...workload, spec: { ...workload.spec, template: merged(template, { metadata: { annotations } }) } }
}

function namedByTemplate(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'Job') return object
  return { ...object, metadata: { ...object.metadata, name: jobName(object.metadata.name, object['spec']) } }
}

/** The object with the ChatApp as its owner. */
export function owned(object: KubernetesObject, { owner }: Facts): KubernetesObject {
  if (owner === undefined) return object
  const { apiVersion, kind, name, uid } = owner
  const reference = { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true } as const
  return { ...object, metadata: { ...object.metadata, ownerReferences: [reference] } }
}
