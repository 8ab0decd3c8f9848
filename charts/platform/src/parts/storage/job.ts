import type { Chart } from 'cdk8s'
import { type Container, type JobSpec, type Volume, type VolumeMount } from 'cdk8s-plus-27/lib/imports/k8s.js'
import type { Cluster } from '../../environment/cluster.ts'
import { platformJob } from '../../objects/job.ts'
import { ownContainer, platformLabels, podSecurity, tmpMount, tmpVolume } from '../../objects/pod.ts'
import { bucketsOf, UNFINISHED_UPLOADS, type Bucket } from './buckets.ts'
import * as parts from './script.ts'
import { tenantUrl } from './tenant.ts'
import { TENANT_USERS_SECRET, type StorageValues } from '../../environment/storage.ts'

const NAME = 'storage-buckets'

/** How long a pod waits for a server that does not answer. The deadline of the Job allows several pods. */
const WAIT_SECONDS = 240
const DEADLINE_SECONDS = 1800

/**
 * The Job that makes the buckets and, in a Tenant, their users and the replication between regions. The other regions
 * get buckets and users by replication, which can only start while their MinIO has no bucket.
 */
export function bucketsJob(chart: Chart, cluster: Cluster, storage: StorageValues): void {
  const labels = platformLabels(NAME)
  const spec: JobSpec = {
    activeDeadlineSeconds: DEADLINE_SECONDS,
    backoffLimit: 6,
    template: {
      metadata: { labels },
      spec: {
        ...podSecurity,
        restartPolicy: 'Never',
        containers: [container(cluster, storage)],
        volumes: [tmpVolume, ...mounted(storage).map(({ volume }) => volume)],
      },
    },
  }
  platformJob(chart, 'buckets', { name: NAME, namespace: storage.namespace, labels }, spec)
}

function container(cluster: Cluster, storage: StorageValues): Container {
  return {
    name: NAME,
    ...ownContainer(storage.clientImage, {
      requests: { cpu: '10m', memory: '64Mi' },
      limits: { cpu: '500m', memory: '256Mi' },
    }),
    command: ['sh', '-euc', parts.script(partsOf(cluster, storage))],
    env: Object.entries(variables(cluster, storage)).map(([name, value]) => ({ name, value })),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [tmpMount, ...mounted(storage).map(({ mount }) => mount)],
  }
}

function partsOf({ region }: Cluster, { kind }: StorageValues): string[] {
  if (kind === 'external') return [parts.client, parts.buckets]
  if (region?.isActive === false) return [parts.client, parts.user, parts.replicator]
  const own = [parts.client, parts.user, parts.buckets, parts.bucketUsers]
  return region === undefined ? own : [...own, parts.replicator, parts.replication]
}

function variables({ environment, region }: Cluster, storage: StorageValues): Record<string, string> {
  const buckets = bucketsOf(environment, storage)
  const sites = region === undefined ? [] : [region.own, ...region.peers]
  return {
    // mc writes its settings below it.
    HOME: '/tmp',
    WAIT_SECONDS: String(WAIT_SECONDS),
    KEYS: '/etc/storage-users',
    BUCKETS: buckets.flatMap((bucket) => bucketLines(bucket, storage)).join('\n'),
    ...(storage.kind === 'external'
      ? {
          ENDPOINT: storage.endpoint,
          REGION: storage.region,
          SECRET: storage.usersSecret,
        }
      : {
          ENDPOINT: tenantUrl(storage.namespace),
          REGION: 'us-east-1',
          SECRET: TENANT_USERS_SECRET,
          ROOT_CONFIG: '/etc/minio/config.env',
          // The authority of the cluster, which signs the Tenant's certificate, in addition to those of the image.
          SSL_CERT_DIR: '/etc/cluster-authority',
          BUCKET_USERS: buckets.map(({ name, user }) => `${user}=${name}`).join(' '),
          ...(region !== undefined && { SITES: sites.map(site).join(' ') }),
        }),
  }
}

/**
 * Four lines for a bucket: its name, `versions` or `plain`, its lifecycle, and another one for a storage that rejects
 * the first.
 */
function bucketLines({ name, rules }: Bucket, { kind, buckets }: StorageValues): string[] {
  const first = kind === 'external' ? [UNFINISHED_UPLOADS, ...rules] : rules
  return [name, buckets.oldVersionsDays === undefined ? 'plain' : 'versions', lifecycle(first), lifecycle(rules)]
}

function lifecycle(Rules: readonly object[]): string {
  return Rules.length === 0 ? '' : JSON.stringify({ Rules })
}

/** `NAME=URL`. mc reads the server from a variable with this name, so it has no `-`. */
function site({ name, storageUrl }: { readonly name: string; readonly storageUrl: string }): string {
  return `${name.replaceAll('-', '_')}=${storageUrl}`
}

function mounted(storage: StorageValues): { readonly volume: Volume; readonly mount: VolumeMount }[] {
  const folder = (name: string, mountPath: string, source: Omit<Volume, 'name'>) => ({
    volume: { name, ...source },
    mount: { name, mountPath, readOnly: true },
  })
  const users = (secretName: string) => folder('users', '/etc/storage-users', { secret: { secretName } })
  if (storage.kind === 'external') return [users(storage.usersSecret)]
  return [
    users(TENANT_USERS_SECRET),
    folder('root', '/etc/minio', { secret: { secretName: storage.configurationSecret } }),
    folder('authority', '/etc/cluster-authority', { configMap: { name: 'kube-root-ca.crt' } }),
  ]
}
