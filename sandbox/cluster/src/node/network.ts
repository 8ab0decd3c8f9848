/** The addresses of one node sandbox. Every sandbox has a /21 of its own, so that several stand side by side and the host reaches all. */
export interface Network {
  /** 0 to 31. */
  readonly index: number
  /** Everything of this sandbox; the host has one route for it, over the link. */
  readonly cidr: string
  /** The two ends of the link between this machine and the node. */
  readonly hostAddress: string
  readonly nodeAddress: string
  readonly linkPrefixLength: number
  readonly serviceCidr: string
  /** The first of the Service range: the Service `kubernetes`. */
  readonly apiServiceAddress: string
  readonly podCidr: string
  readonly podPrefixLength: number
  /** Names of the link's ends while both are on this machine (at most 15 characters). */
  readonly hostLink: string
  readonly nodeLink: string
}

export const MAX_SANDBOXES = 32

/** 10.200.(8i).0/30 the link, 10.200.(8i+1).0/24 Services, 10.200.(8i+4).0/22 pods. */
export function network(index: number): Network {
  if (!Number.isInteger(index) || index < 0 || index >= MAX_SANDBOXES) {
    throw new RangeError(`sandbox index ${index}: expected 0 to ${MAX_SANDBOXES - 1}`)
  }
  const first = index * 8
  return {
    index,
    cidr: `10.200.${first}.0/21`,
    hostAddress: `10.200.${first}.1`,
    nodeAddress: `10.200.${first}.2`,
    linkPrefixLength: 30,
    serviceCidr: `10.200.${first + 1}.0/24`,
    apiServiceAddress: `10.200.${first + 1}.1`,
    podCidr: `10.200.${first + 4}.0/22`,
    podPrefixLength: 22,
    hostLink: `chat-app-${index}`,
    nodeLink: `chat-app-${index}-n`,
  }
}
