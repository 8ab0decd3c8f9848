/** The IPv4 addresses of a node sandbox. Each sandbox has its own /21, so that several can run at the same time. */
export interface Network {
  /** 0 to 31. */
  readonly index: number
  /** The /21 of this sandbox. This machine has one route to it, over the link. */
  readonly cidr: string
  /** Addresses of the two ends of the link between this machine and the node. */
  readonly hostAddress: string
  readonly nodeAddress: string
  readonly linkPrefixLength: number
  readonly serviceCidr: string
  /** The first address of the Service range, which the Service `kubernetes` has. */
  readonly apiServiceAddress: string
  readonly podCidr: string
  readonly podPrefixLength: number
  /** Names of the two ends of the link (at most 15 characters). */
  readonly hostLink: string
  readonly nodeLink: string
}

export const MAX_SANDBOXES = 32

/**
 * Returns the addresses of the sandbox with the index i: 10.200.(8i).0/30 for the link, 10.200.(8i+1).0/24 for Services
 * and 10.200.(8i+4).0/22 for pods.
 *
 * @throws RangeError if the index is not an integer from 0 to 31
 */
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
