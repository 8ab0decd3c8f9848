import type { Labels } from '@chat-app/chat/constructs'

/** Pods of the platform: whom a connection comes from or goes to. */
export interface Pods {
  readonly kind: 'pods'
  /** Name of the NetworkPolicy that is theirs, after `platform-`. */
  readonly name: string
  readonly namespace: string
  /** Empty for every pod of the namespace. */
  readonly labels: Labels
}

/** Pods in namespaces that are not the platform's. */
export interface Others {
  readonly kind: 'others'
  readonly name: string
  readonly namespaceLabels: Labels
  /** Empty for every pod of those namespaces. */
  readonly labels: Labels
}

/** Any address: what stands outside of the cluster, on its nodes, or where no label says so. */
export interface Anywhere {
  readonly kind: 'anywhere'
  readonly name: string
}

/** What stands outside of the cluster, at known addresses. */
export interface Addresses {
  readonly kind: 'addresses'
  readonly name: string
  /** In the notation of CIDR. */
  readonly ranges: readonly string[]
}

export type End = Pods | Others | Anywhere | Addresses

/** A TCP port, or a port with its protocol. */
export type Port = number | `${number}/UDP`

/** A connection that the platform needs. */
export interface Edge {
  readonly from: End
  readonly to: End
  /** Ports of the pods, which may be others than those of their Service. */
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
