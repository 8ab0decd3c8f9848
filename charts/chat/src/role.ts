import type { Chart } from 'cdk8s'
import type { PolicyRule } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Labels } from './labels.ts'
import { Manifest } from './manifest.ts'

const GROUP = 'rbac.authorization.k8s.io'

interface Metadata {
  readonly name: string
  readonly namespace: string
  readonly labels: Labels
}

/** A Role, and the binding of the same name that gives it to a ServiceAccount. */
export function role(
  chart: Chart,
  metadata: Metadata,
  rules: readonly PolicyRule[],
  account: { readonly name: string; readonly namespace: string },
): void {
  const id = `${metadata.namespace}-${metadata.name}`
  new Manifest(chart, `role-${id}`, { apiVersion: `${GROUP}/v1`, kind: 'Role', metadata, rules })
  new Manifest(chart, `role-binding-${id}`, {
    apiVersion: `${GROUP}/v1`,
    kind: 'RoleBinding',
    metadata,
    roleRef: { apiGroup: GROUP, kind: 'Role', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: account.name, namespace: account.namespace }],
  })
}
