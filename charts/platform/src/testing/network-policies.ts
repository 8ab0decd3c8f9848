import { BlockList, isIPv6 } from 'node:net'
import type { Labels } from '@chat-app/chat/constructs'
import type { Loose } from '@chat-app/chat/testing'
import type { Edge, End, Port } from '../parts/policies/edge.ts'

/** One end of a connection: a pod, or an address outside the cluster. */
export interface Peer {
  readonly name: string
  /** @default the peer is no pod */
  readonly namespace?: string
  readonly namespaceLabels: Labels
  readonly labels: Labels
  /** The address of a peer outside the cluster. Pods have addresses too, but they are not known. */
  readonly address?: string
}

/** An address of the range for documentation: only an edge to or from anywhere covers it. */
const ADDRESS_OUTSIDE = '203.0.113.1'

/** One pod or address that an end of an edge stands for. */
export function peerOf(end: End): Peer {
  if (end.kind === 'anywhere') return { name: end.name, namespaceLabels: {}, labels: {}, address: ADDRESS_OUTSIDE }
  if (end.kind === 'addresses')
    return { name: end.name, namespaceLabels: {}, labels: {}, address: end.ranges[0]?.split('/')[0] ?? 'none' }
  if (end.kind === 'others')
    return { name: end.name, namespace: end.name, namespaceLabels: end.namespaceLabels, labels: end.labels }
  const namespaceLabels = { 'kubernetes.io/metadata.name': end.namespace }
  return { name: end.name, namespace: end.namespace, namespaceLabels, labels: end.labels }
}

/**
 * Whether an `ipBlock` also covers pods. The specification of NetworkPolicy leaves this open: with Cilium it never
 * does, with other plugins it may. A connection that must work is tested with `never`, one that must not work with
 * `maybe`.
 */
export type RangesForPods = 'never' | 'maybe'

/** Whether NetworkPolicies allow a connection, as their specification says: the policies of both ends must allow it. */
export function allows(
  policies: readonly Loose[],
  from: Peer,
  to: Peer,
  port: Port,
  ranges: RangesForPods = 'maybe',
): boolean {
  return (
    sideAllows(policies, 'Egress', from, to, port, ranges) && sideAllows(policies, 'Ingress', to, from, port, ranges)
  )
}

/** The declared connections that the policies of one end deny, as `FROM -> TO:PORT (Egress|Ingress)`. */
export function deniedEdges(policies: readonly Loose[], declared: readonly Edge[]): string[] {
  return declared.flatMap(({ from, to, ports }) => {
    const [source, target] = [peerOf(from), peerOf(to)]
    return ports.flatMap((port) => [
      ...(sideAllows(policies, 'Egress', source, target, port, 'never')
        ? []
        : [`${shown(source, target, port)} (Egress)`]),
      ...(sideAllows(policies, 'Ingress', target, source, port, 'never')
        ? []
        : [`${shown(source, target, port)} (Ingress)`]),
    ])
  })
}

/**
 * The pairs of ends, at least one of them pods of the platform, and ports for which the policies say something else
 * than the declared connections, as `FROM -> TO:PORT`.
 */
export function undeclaredConnections(policies: readonly Loose[], declared: readonly Edge[]): string[] {
  const ends = declared.flatMap(({ from, to }) => [from, to])
  const peers = [...new Map(ends.map((end) => [JSON.stringify(end), end])).values()].map(peerOf)
  // No edge has the last two.
  const ports = [...new Set(declared.flatMap((edge) => edge.ports)), 22, 80]
  return peers.flatMap((from) =>
    peers
      .filter((to) => isOfPlatform(from, declared) || isOfPlatform(to, declared))
      .flatMap((to) =>
        ports
          .filter((port) => allows(policies, from, to, port) !== isDeclared(declared, from, to, port))
          .map((port) => shown(from, to, port)),
      ),
  )
}

function shown(from: Peer, to: Peer, port: Port): string {
  return `${from.name} -> ${to.name}:${port}`
}

/** Whether the policies of one end allow a connection. A pod that no policy selects is open. */
function sideAllows(
  policies: readonly Loose[],
  type: 'Ingress' | 'Egress',
  own: Peer,
  other: Peer,
  port: Port,
  ranges: RangesForPods,
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

/** Whether a range contains the address. Only the range of all addresses contains one that is not known. */
function isWithin(range: string, address: string | undefined): boolean {
  const [network = '', length = ''] = range.split('/')
  if (address === undefined) return length === '0'
  const list = new BlockList()
  list.addSubnet(network, Number(length), isIPv6(network) ? 'ipv6' : 'ipv4')
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function matches({ matchLabels = {} }: { matchLabels?: Labels }, labels: Labels): boolean {
  return hasLabels(labels, matchLabels)
}

function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value)
}

function isOfPlatform({ namespace }: Peer, declared: readonly Edge[]): boolean {
  return declared.some(({ from }) => from.kind === 'pods' && from.namespace === namespace)
}

/**
 * Whether an edge allows the connection at each end that is of the platform. An end stands for every pod with its
 * labels.
 */
function isDeclared(declared: readonly Edge[], source: Peer, target: Peer, port: Port): boolean {
  const fitting = declared.filter(
    ({ from, to, ports }) => ports.includes(port) && isEnd(from, source) && isEnd(to, target),
  )
  const leaves = !isOfPlatform(source, declared) || fitting.some(({ from }) => from.kind === 'pods')
  return leaves && (!isOfPlatform(target, declared) || fitting.some(({ to }) => to.kind === 'pods'))
}

function isEnd(end: End, peer: Peer): boolean {
  if (end.kind === 'anywhere') return true
  if (end.kind === 'addresses') return end.ranges.some((range) => isWithin(range, peer.address))
  const { namespaceLabels, labels } = peerOf(end)
  return (
    peer.namespace !== undefined && hasLabels(peer.namespaceLabels, namespaceLabels) && hasLabels(peer.labels, labels)
  )
}
