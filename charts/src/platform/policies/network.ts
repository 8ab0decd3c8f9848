import type { Chart } from 'cdk8s'
import {
  IntOrString,
  KubeNetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
} from 'cdk8s-plus-27/lib/imports/k8s.js'
import { platformLabels } from '../pod.ts'
import type { Edge, End, Pods, Port } from './edge.ts'

/** Denies everything in the namespaces, and allows the edges: at both of their ends, where these are the platform's pods. */
export function networkPolicies(chart: Chart, namespaces: readonly string[], edges: readonly Edge[]): void {
  for (const namespace of namespaces) deny(chart, namespace)
  for (const end of distinct(edges.flatMap(({ from, to }) => [from, to]).filter((end) => end.kind === 'pods')))
    allow(chart, end, edges)
}

function deny(chart: Chart, namespace: string): void {
  const name = 'default-deny'
  new KubeNetworkPolicy(chart, `${name}-${namespace}`, {
    metadata: { name, namespace, labels: platformLabels(name) },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  })
}

function allow(chart: Chart, end: Pods, edges: readonly Edge[]): void {
  const ingress = edges.filter(({ to }) => isSame(to, end))
  const egress = edges.filter(({ from }) => isSame(from, end))
  const name = `platform-${end.name}`
  new KubeNetworkPolicy(chart, `${name}-${end.namespace}`, {
    metadata: { name, namespace: end.namespace, labels: platformLabels(name) },
    spec: {
      podSelector: { matchLabels: end.labels },
      policyTypes: [...(ingress.length > 0 ? ['Ingress'] : []), ...(egress.length > 0 ? ['Egress'] : [])],
      ...(ingress.length > 0 && {
        ingress: ingress.map(({ from, ports }) => ({ from: peers(from), ports: ports.map(port) })),
      }),
      ...(egress.length > 0 && { egress: egress.map(({ to, ports }) => ({ to: peers(to), ports: ports.map(port) })) }),
    },
  })
}

function peers(end: End): NetworkPolicyPeer[] {
  if (end.kind === 'anywhere') return [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }]
  if (end.kind === 'addresses') return end.ranges.map((cidr) => ({ ipBlock: { cidr } }))
  const namespaceLabels = end.kind === 'pods' ? { 'kubernetes.io/metadata.name': end.namespace } : end.namespaceLabels
  return [
    {
      namespaceSelector: { matchLabels: namespaceLabels },
      ...(Object.keys(end.labels).length > 0 && { podSelector: { matchLabels: end.labels } }),
    },
  ]
}

function port(port: Port): NetworkPolicyPort {
  const [number, protocol = 'TCP'] = String(port).split('/')
  return { port: IntOrString.fromNumber(Number(number)), protocol }
}

function distinct(ends: readonly Pods[]): Pods[] {
  return ends.filter((end, i) => ends.findIndex((other) => isSame(other, end)) === i)
}

function isSame(one: End, other: Pods): boolean {
  return one.kind === 'pods' && one.name === other.name && one.namespace === other.namespace
}
