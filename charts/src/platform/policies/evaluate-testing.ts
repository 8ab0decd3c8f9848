import type { Labels } from '../../labels.ts'
import type { Loose } from '../../testing.ts'
import type { End, Port } from './edge.ts'

/** One end of a connection that is tried: a pod, or an address outside of the cluster. */
export interface Peer {
  readonly name: string
  readonly namespace?: string
  readonly namespaceLabels: Labels
  readonly labels: Labels
}

/** A pod, or an address, that an end of an edge stands for. */
export function peerOf(end: End): Peer {
  if (end.kind === 'anywhere') return { name: end.name, namespaceLabels: {}, labels: {} }
  if (end.kind === 'others')
    return { name: end.name, namespace: end.name, namespaceLabels: end.namespaceLabels, labels: end.labels }
  const namespaceLabels = { 'kubernetes.io/metadata.name': end.namespace }
  return { name: end.name, namespace: end.namespace, namespaceLabels, labels: end.labels }
}

/** Whether NetworkPolicies let a connection through, as their specification says: both ends have to allow it. */
export function allows(policies: readonly Loose[], from: Peer, to: Peer, port: Port): boolean {
  return side(policies, 'Egress', from, to, port) && side(policies, 'Ingress', to, from, port)
}

/** Whether the policies of one end allow it. A pod that no policy selects is open. */
export function side(
  policies: readonly Loose[],
  type: 'Ingress' | 'Egress',
  own: Peer,
  other: Peer,
  port: Port,
): boolean {
  const selecting = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === own.namespace && spec.policyTypes.includes(type) && matches(spec.podSelector, own.labels),
  )
  if (selecting.length === 0) return true
  const [field, peers] = type === 'Ingress' ? ['ingress', 'from'] : ['egress', 'to']
  return selecting.some(({ spec }) =>
    (spec[field] ?? []).some((rule: Loose) => hasPort(rule.ports, port) && hasPeer(rule[peers], other)),
  )
}

function hasPort(ports: Loose[] | undefined, wanted: Port): boolean {
  const [number, protocol = 'TCP'] = String(wanted).split('/')
  return ports === undefined || ports.some((port) => String(port.port) === number && port.protocol === protocol)
}

function hasPeer(peers: Loose[] | undefined, { namespace, namespaceLabels, labels }: Peer): boolean {
  if (peers === undefined) return true
  return peers.some(({ ipBlock, namespaceSelector, podSelector }) =>
    ipBlock === undefined
      ? namespace !== undefined && matches(namespaceSelector, namespaceLabels) && matches(podSelector ?? {}, labels)
      : true,
  )
}

function matches({ matchLabels = {} }: { matchLabels?: Labels }, labels: Labels): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
}
