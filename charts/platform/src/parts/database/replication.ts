import type { Cluster } from '../../environment/cluster.ts'
import type { PxcValues } from '../../environment/database.ts'

/** The same in every region: a follower only finds the channel of its source under the same name. */
const CHANNEL = 'active_region'

/** Path in the database's pods of the authority that signed the certificates of all regions. */
const CA = '/etc/mysql/ssl/ca.crt'

/**
 * How the database of a region follows that of the active one, or is followed. All regions are exposed alike, so that
 * only the direction of the channel changes with the active one.
 */
export function replication({ replication }: PxcValues, region: Cluster['region']) {
  if (region === undefined || replication === undefined) return {}
  return {
    // A Service for each node, which all register under the one name: whichever a follower finds, it goes on with another.
    expose: {
      enabled: true,
      type: 'LoadBalancer',
      // Only the node that the pod runs on takes the connection, and so keeps the address that it comes from: the
      // NetworkPolicy goes by it.
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: [...replication.sourceRanges],
      annotations: {
        ...replication.annotations,
        'external-dns.alpha.kubernetes.io/hostname': region.own.databaseHost,
      },
    },
    replicationChannels: [region.isActive ? { name: CHANNEL, isSource: true } : following(region.active.databaseHost)],
  }
}

function following(host: string) {
  return {
    name: CHANNEL,
    isSource: false,
    sourcesList: [{ host, port: 3306, weight: 100 }],
    configuration: { sourceRetryCount: 3, sourceConnectRetry: 60, ssl: true, ca: CA },
  }
}
