import type { Labels } from '@chat-app/chat/constructs'

/** Pods of the platform. */
export interface Pods {
  readonly kind: 'pods'
  /** The name of their NetworkPolicy is `platform-<name>`. */
  readonly name: string
  readonly namespace: string
  /** Empty for every pod of the namespace. */
  readonly labels: Labels
}

/** Pods in namespaces outside the platform. */
export interface Others {
  readonly kind: 'others'
  readonly name: string
  readonly namespaceLabels: Labels
  /** Empty for every pod of those namespaces. */
  readonly labels: Labels
}

/** Any address: outside the cluster, on its nodes, or of pods without a known label. */
export interface Anywhere {
  readonly kind: 'anywhere'
  readonly name: string
}

/** Known addresses outside the cluster. */
export interface Addresses {
  readonly kind: 'addresses'
  readonly name: string
  /** CIDR ranges. */
  readonly ranges: readonly string[]
}

export type End = Pods | Others | Anywhere | Addresses

/** A TCP port, or a port with its protocol. */
export type Port = number | `${number}/UDP`

/** A connection that the platform needs, and so allows. */
export interface Edge {
  readonly from: End
  readonly to: End
  /** The ports of the pods, which may differ from those of their Service. */
  readonly ports: readonly Port[]
  readonly why: string
}

export function pods(name: string, namespace: string, labels: Labels): Pods {
  return { kind: 'pods', name, namespace, labels }
}

export function anywhere(name: string): Anywhere {
  return { kind: 'anywhere', name }
}

export function addresses(name: string, ranges: readonly string[]): Addresses {
  return { kind: 'addresses', name, ranges }
}

export function edge(from: End, to: End, ports: readonly Port[], why: string): Edge {
  return { from, to, ports, why }
}
