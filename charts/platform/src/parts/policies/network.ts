import type { Chart } from 'cdk8s'
import type { NetworkPolicyPeer, NetworkPolicySpec } from 'cdk8s-plus-27/lib/imports/k8s.js'
import { type Labels, Manifest } from '@chat-app/chat/constructs'
import { platformLabels } from '../../objects/pod.ts'
import type { Edge, End, Pods, Port } from './edge.ts'

/** Denies all connections in the namespaces, and allows the edges at both ends that are pods of the platform. */
export function networkPolicies(chart: Chart, namespaces: readonly string[], edges: readonly Edge[]): void {
  for (const namespace of namespaces) deny(chart, namespace)
  const ends = distinct(edges.flatMap(({ from, to }) => [from, to]).filter((end) => end.kind === 'pods'))
  for (const end of ends) if (namespaces.includes(end.namespace)) allow(chart, end, edges)
}

function deny(chart: Chart, namespace: string): void {
  const name = 'default-deny'
  networkPolicy(chart, name, namespace, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
}

function allow(chart: Chart, end: Pods, edges: readonly Edge[]): void {
  const ingress = edges.filter(({ to }) => isSame(to, end))
  const egress = edges.filter(({ from }) => isSame(from, end))
  const name = `platform-${end.name}`
  networkPolicy(chart, name, end.namespace, {
    podSelector: selector(end.labels),
    policyTypes: [...(ingress.length > 0 ? ['Ingress'] : []), ...(egress.length > 0 ? ['Egress'] : [])],
    ...(ingress.length > 0 && {
      ingress: ingress.map(({ from, ports }) => ({ from: peers(from), ports: ports.map(port) })),
    }),
    ...(egress.length > 0 && { egress: egress.map(({ to, ports }) => ({ to: peers(to), ports: ports.map(port) })) }),
  })
}

/** A NetworkPolicySpec as plain data: its ports are numbers, where the generated type has a union class. */
type Spec = Omit<NetworkPolicySpec, 'ingress' | 'egress'> & { readonly ingress?: object[]; readonly egress?: object[] }

function networkPolicy(chart: Chart, name: string, namespace: string, spec: Spec): void {
  new Manifest(chart, `${name}-${namespace}`, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels: platformLabels(name) },
    spec,
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

function port(port: Port): { port: number; protocol: string } {
  const [number, protocol = 'TCP'] = String(port).split('/')
  return { port: Number(number), protocol }
}

function distinct(ends: readonly Pods[]): Pods[] {
  return ends.filter((end, i) => ends.findIndex((other) => isSame(other, end)) === i)
}

function isSame(one: End, other: Pods): boolean {
  return one.kind === 'pods' && one.name === other.name && one.namespace === other.namespace
}

// The API server does not store an empty map, so one that is applied would show in every `kubectl diff`.
function selector(labels: Labels) {
  return Object.keys(labels).length === 0 ? {} : { matchLabels: labels }
}
