import { applied, chatApp as chatAppOf, declaredFacts, desired, model, type KubernetesObject } from '@chat-app/charts'
import { local, prod } from '@chat-app/environments'
import { activeCluster, clusters, namedClusters } from './support/clusters.ts'
import { kubectl, startApi, type Cluster } from '@chat-app/sandbox'
import { existsSync, globSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiServer } from './support/api-server.ts'
import { objections } from './support/manifests.ts'

/** The CRDs of the operators that the platform relies on, a folder a project; they are not part of this repository. */
const crds = process.env['UPSTREAM_CRDS'] ?? resolve(import.meta.dirname, '../../shared/upstream-crds')
const skipped = existsSync(crds) ? '' : ` (skipped: there is no folder ${crds}; UPSTREAM_CRDS names another)`

const needed = [
  'pxc-operator/v1.19.0/crd.yaml',
  'redis-operator/v0.26.0/*.yaml',
  'minio-operator/v7.1.1/*tenants.yaml',
  'prometheus-operator/v0.93.0/*prometheuses.yaml',
  'prometheus-operator/v0.93.0/*servicemonitors.yaml',
  'cert-manager/v1.21.1/*.yaml',
  'external-secrets/v2.9.0/*.yaml',
  'eck/v3.5.0/all-crds.yaml',
  'gateway-api/*/gateway.networking.k8s.io_httproutes.yaml',
]

describe.skipIf(skipped !== '')(`with the real CRDs of other operators${skipped}`, () => {
  // An API server of its own: where these CRDs are installed, a ChatApp has other children than where they are not.
  let cluster: Cluster
  let server: ApiServer

  beforeAll(async () => {
    cluster = await startApi({ dir: await mkdtemp(join(tmpdir(), 'chat-app-platform-')), name: 'platform' })
    const run = kubectl({ binary: cluster.kubectl, kubeconfig: cluster.kubeconfig })
    const theirs = needed.flatMap((pattern) => globSync(pattern, { cwd: crds })).map((file) => join(crds, file))
    const files = [...theirs, resolve(import.meta.dirname, '../crds/chatapp.yaml')]
    await run(['apply', '--server-side', ...files.flatMap((file) => ['-f', file])])
    await run(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s'])
    server = new ApiServer(cluster.kubeconfig)
    for (const name of namespaces) await server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  })
  afterAll(async () => {
    await server?.close()
    await cluster?.stop()
  })

  test.each(namedClusters)('every object of %s is taken, without an unknown field or a warning', async (_, cluster) => {
    const objects = [...applied(cluster), ...desired(model(chatAppOf(cluster)), declaredFacts)]
    expect(await objections(server, objects.filter(isNamespaced))).toEqual([])
  })

  test('the routes of a Gateway are taken', async () => {
    const exposure = {
      type: 'Gateway',
      hosts: { api: 'api.chat-app.com', websocket: 'ws.chat-app.com' },
      gateway: { parentRef: { name: 'edge', namespace: 'gateways', sectionName: 'https' } },
    } as const
    const chatApp = chatAppOf(activeCluster(local))
    const objects = desired(model({ ...chatApp, spec: { ...chatApp.spec, exposure } }), declaredFacts)
    const routes = objects.filter(({ kind }) => kind === 'HTTPRoute')
    expect(routes).toHaveLength(2)
    expect(await objections(server, routes)).toEqual([])
  })

  test('an unknown field is refused, so the tests above can fail', async () => {
    const databases = applied(activeCluster(prod)).filter(({ kind }) => kind === 'PerconaXtraDBCluster')
    const broken = databases.map((object) => ({ ...object, spec: { ...(object['spec'] as object), allowSpeed: true } }))
    expect(await objections(server, broken)).toEqual([expect.stringContaining('unknown field "spec.allowSpeed"')])
  })
})

const namespaces = [...new Set(clusters.flatMap(applied).flatMap(({ metadata: { namespace } }) => namespace ?? []))]

function isNamespaced({ metadata: { namespace } }: KubernetesObject): boolean {
  return namespace !== undefined
}
