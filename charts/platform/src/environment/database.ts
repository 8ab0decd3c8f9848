import { z } from 'zod'
import { quantityValue } from '@chat-app/crds'
import { annotations, count, distinct, image, objectName, resources, volumeSize } from './fields.ts'
import { backup } from './database-backup.ts'
import { cron } from './cron.ts'

/** One MariaDB pod: for a laptop and for tests. */
export const mariaDbValues = z
  .strictObject({
    kind: z.literal('mariadb'),
    image,
    /** Size of its volume. @default none: the data goes with the pod */
    storage: volumeSize.exactOptional(),
    resources,
  })
  .readonly()

const proxyPods = { image, size: count(1, 9), resources }

/** What clients connect to; it sends all writes to one node. The operator refuses to run both kinds. */
const proxy = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('haproxy'), ...proxyPods }).readonly(),
    /** It keeps its own configuration on a volume. */
    z.strictObject({ kind: z.literal('proxysql'), ...proxyPods, storage: volumeSize }).readonly(),
  ],
  { error: 'must be a proxy of kind haproxy or proxysql: the operator rejects SmartUpdate without one' },
)

const unsafe = z
  .strictObject({ pxcSize: z.literal(true).exactOptional(), proxySize: z.literal(true).exactOptional() })
  .readonly()

/** The largest networks that may connect: that of 10.0.0.0/8, and all private ones of IPv6 (fc00::/7). */
const WIDEST = { v4: 8, v6: 7 }

const privateRange = z
  .union([z.cidrv4(), z.cidrv6()], { error: 'must be a range of addresses such as 10.0.0.0/8' })
  .refine(
    (range) => Number(range.split('/')[1]) >= (range.includes(':') ? WIDEST.v6 : WIDEST.v4),
    `must be /${WIDEST.v4} or narrower (/${WIDEST.v6} for IPv6): everybody in the range may try passwords of the database`,
  )

/** Where another cluster's database may connect from to follow this one. */
const replication = z
  .strictObject({
    /** Their addresses as the nodes see them: the load balancer and the NetworkPolicy let no others in. */
    sourceRanges: distinct(privateRange, 1),
    /** By which the cloud makes the load balancers of the nodes internal ones. @default none: most clouds then make public ones */
    annotations: annotations.exactOptional(),
  })
  .readonly()

/** MySQL's own units, which are powers of 1024; it does not know those of Kubernetes. */
const bufferPool = z
  .string()
  .regex(/^[1-9]\d*[MG]$/, { error: 'must be a size as MySQL writes it, such as 512M or 2G', abort: true })

/** The share of a container's memory that the operator's own tuning gives to the buffer pool. */
const BUFFER_POOL_SHARE = 0.75

/**
 * The releases of the operator that this is made for. `retention` of backups came with the first; below 1.15 sizes that
 * are not safe are raised without a word.
 */
export const PXC_OPERATOR = { major: 1, oldestMinor: 18, newestMinor: 20 } as const

/** `1.18 to 1.20`. */
export const PXC_OPERATOR_RELEASES = [PXC_OPERATOR.oldestMinor, PXC_OPERATOR.newestMinor]
  .map((minor) => `${PXC_OPERATOR.major}.${minor}`)
  .join(' to ')

/** A Percona XtraDB Cluster, run by its operator. */
export const pxcValues = z
  .strictObject({
    kind: z.literal('pxc'),
    /** The operator refuses longer ones: it makes longer names from it. */
    name: objectName(22),
    /** Release of the operator whose behaviour is asked for. */
    crVersion: z.string().regex(/^\d+\.\d+\.(0|[1-9]\d*)$/, { error: 'must be a release such as 1.18.0', abort: true }),
    image,
    /** Database nodes. */
    size: count(1, 9),
    proxy,
    resources,
    storage: volumeSize,
    /** @default the cluster's default class */
    storageClassName: objectName().exactOptional(),
    bufferPool,
    /** When new releases may be taken up, and which: by default none that this file does not name. */
    maintenance: z
      .strictObject({
        schedule: cron,
        apply: z.string().regex(/^(disabled|recommended|latest|\d+\.\d+(\.\d+-[\d.]+|-recommended|-latest)?)$/, {
          error: 'must be disabled, recommended, latest, or a release such as 8.0-recommended',
        }),
      })
      .readonly(),
    /** Which of its two users the ChatApp is: the other one's password can change meanwhile. */
    applicationUser: z.enum(['blue', 'green']),
    /** Secret with `keyring_vault.conf`: Vault keeps the keys of tables and logs. @default not encrypted at rest */
    vaultSecret: objectName().exactOptional(),
    /** A sidecar of each node that shows its metrics. @default none */
    exporterImage: image.exactOptional(),
    /** Sizes that can lose data or availability, each by its name. @default none */
    unsafe: unsafe.exactOptional(),
    /** Lets the databases of other regions follow this one. @default not reachable from outside */
    replication: replication.exactOptional(),
    /** @default no backups */
    backup: backup.exactOptional(),
  })
  .refine(({ crVersion }) => isSupported(crVersion), {
    path: ['crVersion'],
    message: `must be ${PXC_OPERATOR_RELEASES}: the platform supports these releases of the operator (docs/support.md)`,
  })
  .refine(({ size, unsafe }) => unsafe?.pxcSize === true || (size >= 3 && size <= 5), {
    path: ['size'],
    message: 'must be 3 to 5: the operator rejects others unless unsafe.pxcSize is true',
  })
  .refine(({ size, unsafe }) => unsafe?.pxcSize === true || size % 2 === 1, {
    path: ['size'],
    message:
      'must be odd, so that a network split leaves a majority: the operator rejects others unless unsafe.pxcSize is true',
  })
  .refine(({ proxy, unsafe }) => unsafe?.proxySize === true || proxy.size >= 2, {
    path: ['proxy', 'size'],
    message: 'must be at least 2: the operator rejects one proxy unless unsafe.proxySize is true',
  })
  .refine(
    ({ bufferPool, resources }) =>
      quantityValue(`${bufferPool}i`) <= BUFFER_POOL_SHARE * quantityValue(resources.limits.memory),
    {
      path: ['bufferPool'],
      message: 'must be at most 75 % of the memory limit: connections and the write-set cache need the rest',
    },
  )
  .readonly()

function isSupported(crVersion: string): boolean {
  const [major = 0, minor = 0] = crVersion.split('.').map(Number)
  return major === PXC_OPERATOR.major && minor >= PXC_OPERATOR.oldestMinor && minor <= PXC_OPERATOR.newestMinor
}

export const databaseValues = z.discriminatedUnion('kind', [mariaDbValues, pxcValues])
export type { BackupValues } from './database-backup.ts'
export type MariaDbValues = z.output<typeof mariaDbValues>
export type PxcValues = z.output<typeof pxcValues>
export type ProxyValues = PxcValues['proxy']
export type DatabaseValues = MariaDbValues | PxcValues

/** Whether a database can stand in several regions: one that follows another, and that may be followed. */
export function replicates(database: DatabaseValues): boolean {
  return database.kind === 'pxc' && database.replication !== undefined
}

/** Whether its tables and logs are encrypted on the disk. */
export function isEncrypted(database: DatabaseValues): boolean {
  return database.kind === 'pxc' && database.vaultSecret !== undefined
}
