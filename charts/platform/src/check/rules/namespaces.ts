import { fieldOf } from '@chat-app/chat/constructs'
import { serviceNamespace } from '../../parts/policies/ends.ts'
import { mustDiffer, type FieldValue, type Rule } from './rule.ts'
import type { Environment } from '../../environment/environment.ts'

/** The parts that have a namespace. */
export const PARTS: Rule['of'] = [
  'chatApp',
  'operator',
  'dataNamespace',
  'storage',
  'monitoring',
  'logs',
  'certificates',
]

export const namespaceRules: readonly Rule[] = [
  {
    of: PARTS,
    faults: (environment) => mustDiffer(namespaces(environment), () => 'must not be the namespace of another part'),
  },
  {
    of: PARTS,
    faults: (environment) => {
      const others = namespaces(environment).filter(({ path }) => path[0] !== 'chatApp')
      return environment.operator.watchNamespaces.flatMap((namespace, index) => {
        const other = others.find(({ value }) => value === namespace)
        if (other === undefined) return []
        const message = `must be a namespace for ChatApps, not ${fieldOf(other.path)}: that namespace has another Pod Security level, quota and NetworkPolicies`
        return [{ path: ['operator', 'watchNamespaces', index], message }]
      })
    },
  },
  {
    of: PARTS,
    faults: (environment) => {
      const closed = namespaces(environment).filter(({ path }) => path[0] !== 'certificates')
      return (['kubeStateMetrics', 'certManager'] as const).flatMap((field) => {
        const host = environment.monitoring?.[field]?.split(':')[0] ?? ''
        const namespace = serviceNamespace(host)
        const own = closed.find(({ value }) => value !== undefined && value === namespace)
        if (own === undefined) return []
        const message = `must be a Service outside the platform: ${namespace} is ${fieldOf(own.path)}, which only the platform's own connections enter`
        return [{ path: ['monitoring', field], message }]
      })
    },
  },
]

export function namespaces({
  chatApp,
  operator,
  dataNamespace,
  storage,
  monitoring,
  logs,
  certificates,
}: Environment): FieldValue[] {
  return [
    { path: ['chatApp', 'namespace'], value: chatApp.namespace },
    { path: ['operator', 'namespace'], value: operator.namespace },
    { path: ['dataNamespace'], value: dataNamespace },
    { path: ['storage', 'namespace'], value: storage?.namespace },
    { path: ['monitoring', 'namespace'], value: monitoring?.namespace },
    { path: ['logs', 'namespace'], value: logs?.namespace },
    { path: ['logs', 'collector', 'namespace'], value: logs?.collector.namespace },
    { path: ['certificates', 'namespace'], value: certificates?.namespace },
  ]
}
