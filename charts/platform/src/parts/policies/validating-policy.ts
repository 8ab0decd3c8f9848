import type { Chart } from 'cdk8s'
import { Manifest } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'

const API_VERSION = 'admissionregistration.k8s.io/v1'

/** A ValidatingAdmissionPolicy with one binding, both with the same name. */
export interface Policy {
  readonly name: string
  /** The spec of the policy, without `failurePolicy`. */
  readonly spec: object
  /** Whether it refuses requests. Others return a warning. */
  readonly isEnforced: boolean
}

/** A binding of a policy that refuses, and what it applies to. */
export interface Binding {
  /** @default the name of the policy */
  readonly name?: string
  /** @default the policy chooses the namespaces */
  readonly namespaces?: readonly string[]
  /** @default none */
  readonly paramRef?: object
}

/**
 * Writes both to the audit log of the API server.
 *
 * @param bindings @default one, without limits
 */
export function validatingPolicy(
  chart: Chart,
  { name, spec, isEnforced }: Policy,
  bindings: readonly Binding[] = [{}],
): void {
  new Manifest(chart, `policy-${name}`, {
    apiVersion: API_VERSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, labels: platformLabels(name) },
    // A policy that warns must not reject a request when it cannot be evaluated.
    spec: { failurePolicy: isEnforced ? 'Fail' : 'Ignore', ...spec },
  })
  for (const binding of bindings) {
    const bound = binding.name ?? name
    new Manifest(chart, `policy-${bound}-binding`, {
      apiVersion: API_VERSION,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: bound, labels: platformLabels(name) },
      spec: {
        policyName: name,
        validationActions: [isEnforced ? 'Deny' : 'Warn', 'Audit'],
        ...(binding.namespaces !== undefined && { matchResources: { namespaceSelector: named(binding.namespaces) } }),
        ...(binding.paramRef !== undefined && { paramRef: binding.paramRef }),
      },
    })
  }
}

/** By the label that the API server itself gives to each namespace, and nobody can change. */
function named(namespaces: readonly string[]): object {
  return { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [...namespaces] }] }
}

/** A rule of `matchConstraints`. @param operations @default those that write an object */
export function rule(group: string, resources: string[], version = 'v1', operations = ['CREATE', 'UPDATE']) {
  return { apiGroups: [group], apiVersions: [version], operations, resources }
}

/** The text of a list of strings in CEL. */
export function celList(items: readonly string[]): string {
  return `[${items.map((item) => `'${item}'`).join(', ')}]`
}
