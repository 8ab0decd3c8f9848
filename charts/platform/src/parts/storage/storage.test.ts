import { dev, prod, staging, test as testing } from '../../testing/environments/index.ts'
import { describe, expect, test } from 'vitest'
import { activeCluster, clustersOf } from '../../check/clusters.ts'
import { one, podOf, type Loose } from '@chat-app/chat/testing'
import { applied } from '../../bundle.ts'
import type { Environment } from '../../environment/environment.ts'

const stored = (environment: Environment) =>
  applied(activeCluster(environment)).filter(({ metadata }) => metadata.namespace === 'chat-app-storage')
const tenant = (environment: Environment): Loose => one(stored(environment), 'Tenant', 'chat-app-minio').spec
const job = (environment: Environment): Loose => one(stored(environment), 'Job', 'storage-buckets')
const variable = (container: Loose, name: string) => container.env.find((each: Loose) => each.name === name)?.value

const external: Environment = {
  ...staging,
  storage: {
    kind: 'external',
    namespace: 'chat-app-storage',
    clientImage: 'quay.io/minio/mc:1',
    endpoint: 'https://s3.example.com',
    region: 'eu-central-1',
    usersSecret: 'storage-users',
    buckets: { files: 'files', oldVersionsDays: 7 },
  },
}

describe('the Tenant', () => {
  test.each([
    [prod, 4, 2, '100Gi'],
    [staging, 4, 2, '100Gi'],
    [testing, 4, 1, '100Gi'],
    [dev, 1, 1, '10Gi'],
  ] as const)('$name has its documented size', (environment, servers, volumesPerServer, size) => {
    const [pool] = tenant(environment).pools
    expect(pool).toMatchObject({ servers, volumesPerServer })
    expect(pool.volumeClaimTemplate.spec.resources.requests.storage).toBe(size)
  })

  test('speaks TLS, and its root user stands in a Secret as config.env', () => {
    expect(tenant(prod)).toMatchObject({ requestAutoCert: true, configuration: { name: 'minio-config' } })
    expect(tenant(prod)).not.toHaveProperty('credsSecret')
  })

  test('runs within restricted, each server on a node of its own', () => {
    const [pool] = tenant(prod).pools
    expect(pool.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(pool.containerSecurityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    })
    expect(pool.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      {
        labelSelector: { matchLabels: { 'v1.min.io/tenant': 'chat-app-minio', 'v1.min.io/pool': 'data-pool' } },
        topologyKey: 'kubernetes.io/hostname',
      },
    ])
    expect(tenant(dev).pools[0]).not.toHaveProperty('affinity')
  })
})

describe('the Job of the buckets', () => {
  test('is bounded, restricted and has no token', () => {
    expect(job(prod).spec).toMatchObject({ activeDeadlineSeconds: 1800, backoffLimit: 6 })
    const pod = podOf(job(prod))
    expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } })
    expect(pod.containers[0]).toMatchObject({
      securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
      resources: { requests: expect.anything(), limits: expect.anything() },
    })
  })

  test('reads keys from Secrets, and trusts the authority of the cluster', () => {
    const { containers, volumes } = podOf(job(staging))
    expect(containers[0].env.filter((each: Loose) => each.value === undefined)).toEqual([])
    expect(volumes).toEqual(
      expect.arrayContaining([
        { name: 'users', secret: { secretName: 'minio-users' } },
        { name: 'root', secret: { secretName: 'minio-config' } },
        { name: 'authority', configMap: { name: 'kube-root-ca.crt' } },
      ]),
    )
    expect(variable(containers[0], 'ENDPOINT')).toBe('https://minio.chat-app-storage.svc')
  })

  test('is another Job when it has other work, for a template can never change', () => {
    const { storage } = staging
    if (storage === undefined) throw new Error('staging has no storage')
    const longer = { ...staging, storage: { ...storage, buckets: { ...storage.buckets, oldVersionsDays: 8 } } }
    expect(job(longer as Environment).metadata.name).not.toBe(job(staging).metadata.name)
    expect(job(staging).metadata.name).toBe(job({ ...staging }).metadata.name)
  })

  test('of dev, which has no backups, makes the bucket of the files alone', () => {
    const [container] = podOf(job(dev)).containers
    expect(variable(container, 'BUCKETS')).toMatch(/^chat-app-dev-files\nversions\n[^\n]*\n[^\n]*$/)
    expect(variable(container, 'BUCKET_USERS')).toBe('application=chat-app-dev-files')
  })

  test('joins the regions where there are several, and in the one that follows makes but the user for that', () => {
    const scripts = clustersOf(prod).map((cluster) => {
      const [container] = podOf(one(applied(cluster), 'Job', 'storage-buckets')).containers
      return [cluster.region?.isActive, container.command[2] as string, variable(container, 'SITES')] as const
    })
    const sites =
      'eu_central=https://storage.eu-central.chat-app.com us_east=https://storage.us-east.chat-app.com'.split(' ')
    for (const [isActive, script, known] of scripts) {
      expect(known.split(' ').toSorted()).toEqual(sites)
      expect(script).toContain('make_user replication')
      expect(script.includes('mc admin replicate add')).toBe(isActive)
      expect(script.includes('mc mb')).toBe(isActive)
    }
    expect(podOf(job(staging)).containers[0].command[2]).not.toContain('replicat')
  })
})

describe('in several regions', () => {
  test('each Tenant is reached at the URL of its region, by TLS on both sides of the edge', () => {
    const edge = {
      ingressClassName: 'haproxy',
      issuer: 'letsencrypt-prod',
      tlsBackend: { backend: 'tls' },
      pages: {},
      replication: { ingressClassName: 'internal', annotations: { 'allow-list': '10.0.0.0/8' } },
    }
    for (const cluster of clustersOf({ ...prod, edge })) {
      const ingress = one(applied(cluster), 'Ingress', 'storage-replication')
      const host = `storage.${cluster.region?.own.name}.chat-app.com`
      expect(ingress.metadata).toMatchObject({
        namespace: 'chat-app-storage',
        annotations: { backend: 'tls', 'allow-list': '10.0.0.0/8' },
      })
      expect(ingress.spec.ingressClassName).toBe('internal')
      expect(ingress.spec.tls).toEqual([{ hosts: [host], secretName: 'storage-replication-tls' }])
      const [rule] = ingress.spec.rules
      expect(rule.host).toBe(host)
      for (const { backend } of rule.http.paths)
        expect(backend).toEqual({ service: { name: 'minio', port: { number: 443 } } })
      expect(rule.http.paths.map(({ path, pathType }: Loose) => `${pathType} ${path}`)).toEqual([
        'Exact /',
        'Prefix /minio/admin',
        'Prefix /minio/health',
        'Prefix /chat-app-prod-files',
        'Prefix /chat-app-prod-mysql',
      ])
    }
    expect(stored({ ...staging, edge }).map(({ metadata }) => metadata.name)).not.toContain('storage-replication')
  })
})

test.each([
  ['nothing', undefined, 'edge.replication: must say who is let in'],
  ['no limit', {}, 'edge.replication: must have an ingressClassName that the pages do not have, or annotations'],
  ['the class of the pages', { ingressClassName: 'haproxy', annotations: {} }, 'edge.replication: must have'],
])('regions are refused that reach each other through the ingress controller with %s', (_, replication, said) => {
  const { replication: _own, ...edge } = prod.edge as NonNullable<Environment['edge']>
  const environment = { ...prod, edge: { ...edge, ...(replication !== undefined && { replication }) } } as Environment
  expect(() => clustersOf(environment)).toThrow(said)
})

describe('the storage of somebody else', () => {
  test('is asked for buckets alone', () => {
    expect(
      stored(external)
        .map(({ kind }) => kind)
        .filter((kind) => kind === 'Tenant'),
    ).toEqual([])
    const [container] = podOf(job(external)).containers
    expect(container.command[2]).not.toContain('mc admin')
    expect(variable(container, 'ENDPOINT')).toBe('https://s3.example.com')
    expect(variable(container, 'REGION')).toBe('eu-central-1')
  })

  test('ends unfinished uploads, which a MinIO of our own does by itself', () => {
    const lifecycle = (environment: Environment) =>
      variable(podOf(job(environment)).containers[0], 'BUCKETS').split('\n')[2]
    expect(lifecycle(external)).toContain('"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":7}')
    expect(lifecycle(staging)).not.toContain('AbortIncompleteMultipartUpload')
  })

  test('in several regions, one cluster makes its buckets', () => {
    const both: Environment = { ...prod, storage: external.storage as NonNullable<Environment['storage']> }
    const jobs = clustersOf(both).flatMap((cluster) =>
      applied(cluster).filter(({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith('storage-buckets')),
    )
    expect(jobs).toHaveLength(1)
  })
})
