import { z } from 'zod'
import { quantityValue } from '@chat-app/crds'
import { annotations, count, distinct, image, objectName, resources, volumeSize } from './fields.ts'
import { backup } from './database-backup.ts'
import { externalDatabaseValues, type ExternalDatabaseValues } from './database-external.ts'
import { databaseMajor } from './database-version.ts'
import { cron } from './cron.ts'
import { BUFFER_POOL_SHARE } from '../limits.ts'
import { MYSQL_PORT } from '../objects/ports.ts'

/** A single MariaDB pod, for small clusters and tests. */
export const mariaDbValues = z
  .strictObject({
    kind: z.literal('mariadb'),
    image,
    /** Size of its volume. @default no volume: the data is lost with the pod */
    storage: volumeSize.exactOptional(),
    /** @default the cluster's default class */
    storageClassName: objectName().exactOptional(),
    resources,
  })
  .readonly()

const proxyPods = { image, size: count(1, 9), resources }

/** The proxy that clients connect to. It sends all writes to one node. The operator runs one kind only. */
const proxy = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('haproxy'), ...proxyPods }).readonly(),
    /** ProxySQL keeps its configuration on a volume. */
    z.strictObject({ kind: z.literal('proxysql'), ...proxyPods, storage: volumeSize }).readonly(),
  ],
  { error: 'must be a proxy of kind haproxy or proxysql: the operator rejects SmartUpdate without one' },
)

const unsafe = z
  .strictObject({ pxcSize: z.literal(true).exactOptional(), proxySize: z.literal(true).exactOptional() })
  .readonly()

/** The shortest prefixes of networks that may connect: those of 10.0.0.0/8 and fc00::/7. */
const SHORTEST_PREFIX_BITS = { v4: 8, v6: 7 }

const privateRange = z
  .union([z.cidrv4(), z.cidrv6()], { error: 'must be a range of addresses such as 10.0.0.0/8' })
  .refine(
    (range) => Number(range.split('/')[1]) >= (range.includes(':') ? SHORTEST_PREFIX_BITS.v6 : SHORTEST_PREFIX_BITS.v4),
    `must be /${SHORTEST_PREFIX_BITS.v4} or narrower (/${SHORTEST_PREFIX_BITS.v6} for IPv6): everybody in the range may try passwords of the database`,
  )

/** Where the databases of other regions may connect from to replicate. */
const replication = z
  .strictObject({
    /** The source addresses as CIDR ranges. The load balancer and the NetworkPolicy deny all others. */
    sourceRanges: distinct(privateRange, 1),
    /** Annotations that make the load balancers internal. @default none: most clouds then make public ones */
    annotations: annotations.exactOptional(),
  })
  .readonly()

/** A size in the units of MySQL, M and G, which are powers of 1024. */
const bufferPool = z
  .string()
  .regex(/^[1-9]\d*[MG]$/, { error: 'must be a size as MySQL writes it, such as 512M or 2G', abort: true })

/**
 * The supported releases of the operator. The oldest is the first with `retention` of backups; releases before 1.15
 * raise unsafe sizes silently.
 */
export const PXC_OPERATOR = { major: 1, oldestMinor: 18, newestMinor: 20 } as const

/** The first release of the operator that supports MySQL 8.4 fully, with encryption at rest. */
const OLDEST_MINOR_OF_84 = 19

/** The supported releases as text: `1.18 to 1.20`. */
export const PXC_OPERATOR_RELEASES = [PXC_OPERATOR.oldestMinor, PXC_OPERATOR.newestMinor]
  .map((minor) => `${PXC_OPERATOR.major}.${minor}`)
  .join(' to ')

/** A Percona XtraDB Cluster, run by its operator. */
export const pxcValues = z
  .strictObject({
    kind: z.literal('pxc'),
    /** At most 22 characters: the operator makes longer names from it. */
    name: objectName(22),
    /** The release of the operator whose behaviour the cluster has. */
    crVersion: z.string().regex(/^\d+\.\d+\.(0|[1-9]\d*)$/, { error: 'must be a release such as 1.18.0', abort: true }),
    image,
    /** Image of the operator, of the release `crVersion`: an init container of it brings scripts. @default as it is installed */
    operatorImage: image.exactOptional(),
    /** Database nodes. */
    size: count(1, 9),
    proxy,
    resources,
    storage: volumeSize,
    /** @default the cluster's default class */
    storageClassName: objectName().exactOptional(),
    bufferPool,
    /** When the operator may upgrade the images, and to which release. */
    maintenance: z
      .strictObject({
        schedule: cron,
        apply: z.string().regex(/^(disabled|recommended|latest|\d+\.\d+(\.\d+-[\d.]+|-recommended|-latest)?)$/, {
          error: 'must be disabled, recommended, latest, or a release such as 8.4-recommended',
        }),
      })
      .readonly(),
    /** Which of the two users the ChatApp connects as. The password of the other one can change meanwhile. */
    applicationUser: z.enum(['blue', 'green']),
    /**
     * Secret with `keyring_vault.conf`: Vault keeps the keys of the encryption at rest.
     *
     * @default not encrypted at rest
     */
    vaultSecret: objectName().exactOptional(),
    /** Image of the sidecar that exports the metrics of a node. @default no metrics */
    exporterImage: image.exactOptional(),
    /** Allows sizes that can lose data or availability. @default none */
    unsafe: unsafe.exactOptional(),
    /** Lets the databases of other regions replicate from this one. @default not reachable from outside */
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
  .refine(({ image, crVersion }) => databaseMajor(image) !== '8.4' || minorOf(crVersion) >= OLDEST_MINOR_OF_84, {
    path: ['crVersion'],
    message: `must be at least ${PXC_OPERATOR.major}.${OLDEST_MINOR_OF_84}.0 for MySQL 8.4: an older operator loads the keys of an encrypted database in a way that 8.4 does not have`,
  })
  .refine(({ image, backup }) => backup === undefined || databaseMajor(backup.image) === databaseMajor(image), {
    path: ['backup', 'image'],
    message: 'must be of the same major version as database.image: XtraBackup reads the files of its own version alone',
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
  const minor = minorOf(crVersion)
  return minor >= PXC_OPERATOR.oldestMinor && minor <= PXC_OPERATOR.newestMinor
}

/** The minor release of a `crVersion`; NaN for another major release. */
function minorOf(crVersion: string): number {
  const [major, minor] = crVersion.split('.').map(Number)
  return major === PXC_OPERATOR.major ? (minor ?? Number.NaN) : Number.NaN
}

export const databaseValues = z.discriminatedUnion('kind', [mariaDbValues, pxcValues, externalDatabaseValues])
export type { BackupValues } from './database-backup.ts'
export type MariaDbValues = z.output<typeof mariaDbValues>
export type PxcValues = z.output<typeof pxcValues>
export type DatabaseValues = MariaDbValues | PxcValues | ExternalDatabaseValues

/** The port that clients of the database connect to. */
export function databasePort(database: DatabaseValues): number {
  return (database.kind === 'external' ? database.port : undefined) ?? MYSQL_PORT
}

/** Whether the databases of several regions can replicate from each other. */
export function replicates(database: DatabaseValues): boolean {
  return database.kind === 'pxc' && database.replication !== undefined
}

/** Whether tables and logs are encrypted at rest. */
export function isEncrypted(database: DatabaseValues): boolean {
  return database.kind === 'pxc' && database.vaultSecret !== undefined
}
