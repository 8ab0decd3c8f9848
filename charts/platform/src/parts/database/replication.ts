import type { Cluster } from '../../environment/cluster.ts'
import type { PxcValues } from '../../environment/database.ts'
import { MYSQL_PORT } from '../../objects/ports.ts'

/** The name of the channel, which a replica and its source must share. */
const CHANNEL = 'active_region'

/** The path, in the pods of the database, of the authority that signs the certificates of all regions. */
const CA = '/etc/mysql/ssl/ca.crt'

/**
 * The fields by which the database of a region replicates from that of the active region, or is its source. All regions
 * are exposed in the same way, so that a change of the active region only changes the direction of the channel.
 */
export function replication({ replication }: PxcValues, region: Cluster['region']) {
  if (region === undefined || replication === undefined) return {}
  return {
    // One Service for each node, all with the same DNS name: a replica reconnects to another node when one fails.
    expose: {
      enabled: true,
      type: 'LoadBalancer',
      // Keeps the source address of a connection, which the NetworkPolicy checks.
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
    sourcesList: [{ host, port: MYSQL_PORT, weight: 100 }],
    configuration: { sourceRetryCount: 3, sourceConnectRetry: 60, ssl: true, ca: CA },
  }
}
