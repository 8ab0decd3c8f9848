import { BlockList, isIPv6 } from 'node:net'
import type { Labels } from '@chat-app/chat/constructs'
import type { Loose } from '@chat-app/chat/testing'
import type { End, Port } from './edge.ts'

/** One end of a connection that is tried: a pod, or an address outside of the cluster. */
export interface Peer {
  readonly name: string
  readonly namespace?: string
  readonly namespaceLabels: Labels
  readonly labels: Labels
  /** Of what is outside; pods have one too, but which is not known. */
  readonly address?: string
}

/** Of the documentation's range, so that no edge but one to anywhere is meant. */
const ELSEWHERE = '203.0.113.1'

/** A pod, or an address, that an end of an edge stands for. */
export function peerOf(end: End): Peer {
  if (end.kind === 'anywhere') return { name: end.name, namespaceLabels: {}, labels: {}, address: ELSEWHERE }
  if (end.kind === 'addresses')
    return { name: end.name, namespaceLabels: {}, labels: {}, address: end.ranges[0]?.split('/')[0] ?? 'none' }
  if (end.kind === 'others')
    return { name: end.name, namespace: end.name, namespaceLabels: end.namespaceLabels, labels: end.labels }
  const namespaceLabels = { 'kubernetes.io/metadata.name': end.namespace }
  return { name: end.name, namespace: end.namespace, namespaceLabels, labels: end.labels }
}

/**
 * Whether a range of addresses is for pods too. The specification leaves it open: with Cilium it never is, with others it
 * may be. So what has to work is tried with `never`, and what must not with `maybe`.
 */
export type RangesForPods = 'never' | 'maybe'

/** Whether NetworkPolicies let a connection through, as their specification says: both ends have to allow it. */
export function allows(
  policies: readonly Loose[],
  from: Peer,
  to: Peer,
  port: Port,
  ranges: RangesForPods = 'maybe',
): boolean {
  return side(policies, 'Egress', from, to, port, ranges) && side(policies, 'Ingress', to, from, port, ranges)
}

/** Whether the policies of one end allow it. A pod that no policy selects is open. */
export function side(
  policies: readonly Loose[],
  type: 'Ingress' | 'Egress',
  own: Peer,
  other: Peer,
  port: Port,
  ranges: RangesForPods = 'maybe',
): boolean {
  const selecting = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === own.namespace && spec.policyTypes.includes(type) && matches(spec.podSelector, own.labels),
  )
  if (selecting.length === 0) return true
  const [field, peers] = type === 'Ingress' ? ['ingress', 'from'] : ['egress', 'to']
  return selecting.some(({ spec }) =>
    (spec[field] ?? []).some((rule: Loose) => hasPort(rule.ports, port) && hasPeer(rule[peers], other, ranges)),
  )
}

function hasPort(ports: Loose[] | undefined, wanted: Port): boolean {
  const [number, protocol = 'TCP'] = String(wanted).split('/')
  return ports === undefined || ports.some((port) => String(port.port) === number && port.protocol === protocol)
}

function hasPeer(
  peers: Loose[] | undefined,
  { namespace, namespaceLabels, labels, address }: Peer,
  ranges: RangesForPods,
): boolean {
  if (peers === undefined) return true
  return peers.some(({ ipBlock, namespaceSelector, podSelector }) =>
    ipBlock === undefined
      ? namespace !== undefined && matches(namespaceSelector, namespaceLabels) && matches(podSelector ?? {}, labels)
      : (namespace === undefined || ranges === 'maybe') && isWithin(ipBlock.cidr, address),
  )
}

/** Whether a range has the address; one that is not known is in that of all addresses alone. */
export function isWithin(range: string, address: string | undefined): boolean {
  const [network = '', length = ''] = range.split('/')
  if (address === undefined) return length === '0'
  const list = new BlockList()
  list.addSubnet(network, Number(length), isIPv6(network) ? 'ipv6' : 'ipv4')
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function matches({ matchLabels = {} }: { matchLabels?: Labels }, labels: Labels): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value)
}
