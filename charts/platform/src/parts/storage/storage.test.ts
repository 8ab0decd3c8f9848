import { full, regional, single, withExternalStorage } from '../../testing/environments.ts'
import { describe, expect, test } from 'vitest'
import { activeCluster, clustersOf } from '../../check/clusters.ts'
import { one, podOf, type Loose } from '@chat-app/chat/testing'
import { applied } from '../../bundle.ts'
import type { Environment } from '../../environment/environment.ts'

const stored = (environment: Environment) =>
  applied(activeCluster(environment)).filter(({ metadata }) => metadata.namespace === 'files')
const tenant = (environment: Environment): Loose => one(stored(environment), 'Tenant', 'files').spec
const job = (environment: Environment): Loose => one(stored(environment), 'Job', 'storage-buckets')
const variable = (container: Loose, name: string) => container.env.find((each: Loose) => each.name === name)?.value

const external = withExternalStorage<Environment>(full)

describe('the Tenant', () => {
  test('has the servers and volumes of the values', () => {
    const [pool] = tenant(full).pools
    expect(pool).toMatchObject({ servers: 4, volumesPerServer: 2 })
    expect(pool.volumeClaimTemplate.spec.resources.requests.storage).toBe('10Gi')
  })

  test('uses TLS, and reads its root user from a Secret', () => {
    expect(tenant(regional)).toMatchObject({ requestAutoCert: true, configuration: { name: 'files-root' } })
    expect(tenant(regional)).not.toHaveProperty('credsSecret')
  })

  test('meets Pod Security restricted, with each server on a node of its own', () => {
    const [pool] = tenant(regional).pools
    expect(pool.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect(pool.containerSecurityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    })
    expect(pool.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution).toEqual([
      {
        labelSelector: { matchLabels: { 'v1.min.io/tenant': 'files', 'v1.min.io/pool': 'data-pool' } },
        topologyKey: 'kubernetes.io/hostname',
      },
    ])
    expect(tenant(single).pools[0]).not.toHaveProperty('affinity')
  })
})

describe('the Job of the buckets', () => {
  test('is bounded, restricted and has no token', () => {
    expect(job(regional).spec).toMatchObject({ activeDeadlineSeconds: 1800, backoffLimit: 6 })
    const pod = podOf(job(regional))
    expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true } })
    expect(pod.containers[0]).toMatchObject({
      securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
      resources: { requests: expect.anything(), limits: expect.anything() },
    })
  })

  test('reads keys from Secrets, and trusts the authority of the cluster', () => {
    const { containers, volumes } = podOf(job(full))
    expect(containers[0].env.filter((each: Loose) => each.value === undefined)).toEqual([])
    expect(volumes).toEqual(
      expect.arrayContaining([
        { name: 'users', secret: { secretName: 'minio-users' } },
        { name: 'root', secret: { secretName: 'files-root' } },
        { name: 'authority', configMap: { name: 'kube-root-ca.crt' } },
      ]),
    )
    expect(variable(containers[0], 'ENDPOINT')).toBe('https://minio.files.svc')
  })

  test('has another name when its template changes', () => {
    const { storage } = full
    if (storage === undefined) throw new Error('staging has no storage')
    const longer = { ...full, storage: { ...storage, buckets: { ...storage.buckets, oldVersionsDays: 8 } } }
    expect(job(longer as Environment).metadata.name).not.toBe(job(full).metadata.name)
    expect(job(full).metadata.name).toBe(job({ ...full }).metadata.name)
  })

  test('makes the bucket of the files alone without backups', () => {
    const [container] = podOf(job(single)).containers
    expect(variable(container, 'BUCKETS')).toMatch(/^chat-files\nversions\n[^\n]*\n[^\n]*$/)
    expect(variable(container, 'BUCKET_USERS')).toBe('application=chat-files')
  })

  test('joins several regions, and only makes the user for replication in the others', () => {
    const scripts = clustersOf(regional).map((cluster) => {
      const [container] = podOf(one(applied(cluster), 'Job', 'storage-buckets')).containers
      return [cluster.region?.isActive, container.command[2] as string, variable(container, 'SITES')] as const
    })
    const sites = ['east=https://files.east.example.com', 'west=https://files.west.example.com']
    for (const [isActive, script, known] of scripts) {
      expect(known.split(' ').toSorted()).toEqual(sites)
      expect(script).toContain('make_user replication')
      expect(script.includes('mc admin replicate add')).toBe(isActive)
      expect(script.includes('mc mb')).toBe(isActive)
    }
    expect(podOf(job(full)).containers[0].command[2]).not.toContain('replicat')
  })
})

describe('in several regions', () => {
  test('each Tenant is reachable at the URL of its region, with TLS to and from the ingress controller', () => {
    const edge = {
      ingressClassName: 'haproxy',
      issuer: 'letsencrypt-prod',
      tlsBackend: { backend: 'tls' },
      pages: {},
      replication: { ingressClassName: 'internal', annotations: { 'allow-list': '10.0.0.0/8' } },
    }
    const { replication: _, ...alone } = edge
    for (const cluster of clustersOf({ ...regional, edge })) {
      const ingress = one(applied(cluster), 'Ingress', 'storage-replication')
      const host = `files.${cluster.region?.own.name}.example.com`
      expect(ingress.metadata).toMatchObject({
        namespace: 'files',
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
        'Prefix /chat-files',
        'Prefix /chat-backups',
      ])
    }
    expect(stored({ ...full, edge: alone }).map(({ metadata }) => metadata.name)).not.toContain('storage-replication')
  })
})

test.each([
  ['no replication', undefined, 'edge.replication: must be set for a Tenant in several regions'],
  [
    'an empty replication',
    {},
    'edge.replication: must have an ingressClassName other than edge.ingressClassName, or annotations',
  ],
  ['the class of the pages', { ingressClassName: 'haproxy', annotations: {} }, 'edge.replication: must have'],
])('regions that connect through the ingress controller are rejected with %s', (_, replication, said) => {
  const { replication: _own, ...edge } = regional.edge as NonNullable<Environment['edge']>
  const environment = {
    ...regional,
    edge: { ...edge, ...(replication !== undefined && { replication }) },
  } as Environment
  expect(() => clustersOf(environment)).toThrow(said)
})

describe('an external storage', () => {
  test('gets buckets only', () => {
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

  test('has a rule that aborts unfinished uploads, which MinIO does by itself', () => {
    const lifecycle = (environment: Environment) =>
      variable(podOf(job(environment)).containers[0], 'BUCKETS').split('\n')[2]
    expect(lifecycle(external)).toContain('"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":7}')
    expect(lifecycle(full)).not.toContain('AbortIncompleteMultipartUpload')
  })

  test('in several regions, one cluster makes its buckets', () => {
    const both = withExternalStorage(regional)
    const jobs = clustersOf(both).flatMap((cluster) =>
      applied(cluster).filter(({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith('storage-buckets')),
    )
    expect(jobs).toHaveLength(1)
  })
})
