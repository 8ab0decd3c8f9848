import { applied, chatApp as chatAppOf } from '@chat-app/platform'
import { declaredFacts, desired, model, type KubernetesObject } from '@chat-app/chat'
import { local } from '@chat-app/environments'
import { activeCluster, clusters, namedClusters } from '@chat-app/synth'
import { kubectl, type Kubectl } from '@chat-app/kubectl'
import { startApi, type Cluster } from '@chat-app/sandbox-cluster'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiServer, established, objections, crdFiles, crdFilesFor, whyNoCrds } from '@chat-app/sandbox-cluster/testing'
import { eventually } from '@chat-app/testing'
import { documentedObjects } from './support/examples.ts'

const skipped = whyNoCrds === undefined ? '' : ` (skipped: ${whyNoCrds})`

const rendered = namedClusters.map(
  ([name, cluster]) => [name, [...applied(cluster), ...desired(model(chatAppOf(cluster)), declaredFacts)]] as const,
)
const all = rendered.flatMap(([, objects]) => objects)
const databases = clusters.flatMap(applied).filter(({ apiVersion }) => apiVersion.startsWith('pxc.percona.com/'))

describe.skipIf(skipped !== '')(`with the real CRDs of other operators${skipped}`, () => {
  // A separate API server: the children of a ChatApp depend on which of these CRDs are installed.
  let cluster: Cluster
  let server: ApiServer
  let run: Kubectl
  const answers = new Map<string, readonly string[]>()

  beforeAll(async () => {
    cluster = await startApi({ dir: await mkdtemp(join(tmpdir(), 'chat-app-platform-')), name: 'platform' })
    run = kubectl({ binary: cluster.kubectl, kubeconfig: cluster.kubeconfig })
    server = ApiServer.of(cluster.kubeconfig)
    await install([
      ...crdFilesFor([...all, ...routes(), ...documentedObjects()]),
      resolve(import.meta.dirname, '..', 'crds', 'chatapp.yaml'),
    ])
    // With the labels of Pod Security, so that the server warns about workloads whose pods are not restricted.
    for (const namespace of namespaces()) await server.create(namespace)
  })
  afterAll(async () => {
    await server?.close()
    await cluster?.stop()
  })

  async function install(files: readonly string[]): Promise<void> {
    await run(['apply', '--server-side', ...files.flatMap((file) => ['-f', file])])
    await established(server)
  }

  test.each(rendered)(
    'the API server accepts every object of %s without an unknown field or a warning',
    async (_, objects) => {
      expect(await objections(server, objects, answers)).toEqual([])
    },
  )

  test('the API server accepts the routes of a Gateway', async () => {
    expect(routes()).toHaveLength(2)
    expect(await objections(server, routes())).toEqual([])
  })

  test('the API server accepts the objects in the documentation', async () => {
    expect(documentedObjects().map(({ kind }) => kind)).toContain('PerconaXtraDBClusterRestore')
    expect(await objections(server, documentedObjects())).toEqual([])
  })

  test('the API server refuses an unknown field, so the tests above can fail', async () => {
    const database = databases.find(({ kind }) => kind === 'PerconaXtraDBCluster')
    const broken = { ...database, spec: { ...(database?.['spec'] as object), allowSpeed: true } } as KubernetesObject
    expect(await objections(server, [broken])).toEqual([expect.stringContaining('unknown field "spec.allowSpeed"')])
  })

  test('the API server warns about a pod that is not restricted, and objections has an object without a namespace', async () => {
    const pod = { containers: [{ name: 'a', image: 'a:1' }], restartPolicy: 'Never' }
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job' }, spec: { template: { spec: pod } } }
    const inSystem = { ...job, metadata: { name: 'job', namespace: 'chat-app-system' } }
    expect(await objections(server, [inSystem])).toEqual([expect.stringContaining('would violate PodSecurity')])
    expect(await objections(server, [job])).toEqual(['Job job: has no namespace'])
  })

  test('the CRDs of operator release 1.18 accept the databases too', async () => {
    await install(crdFiles('pxc-operator', 'v1.18.0'))
    // runningDeadlineSeconds is new in 1.19: once it is refused, the server uses the CRD of 1.18.
    const newer = databases.map((object) => ({ ...object, spec: { backup: { runningDeadlineSeconds: 1 } } }))
    await eventually(async () => expect(await objections(server, newer)).toHaveLength(newer.length))
    expect(databases.length).toBeGreaterThanOrEqual(5)
    expect(await objections(server, databases)).toEqual([])
  })
})

/** Every namespace that an object declares or is in, once; without kube-system, which the server creates. */
function namespaces(): KubernetesObject[] {
  const used = all.flatMap(({ metadata: { namespace } }) => namespace ?? []).filter((name) => name !== 'kube-system')
  const bare = used.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
  const made = all.filter(({ kind }) => kind === 'Namespace')
  return [...new Map([...bare, ...made].map((namespace) => [namespace.metadata.name, namespace])).values()]
}

/** The HTTPRoutes of a ChatApp that a Gateway exposes. */
function routes(): KubernetesObject[] {
  const exposure = {
    type: 'Gateway',
    hosts: { api: 'api.chat-app.com', websocket: 'ws.chat-app.com' },
    gateway: { parentRef: { name: 'edge', namespace: 'gateways', sectionName: 'https' } },
  } as const
  const chatApp = chatAppOf(activeCluster(local))
  const objects = desired(model({ ...chatApp, spec: { ...chatApp.spec, exposure } }), declaredFacts)
  return objects.filter(({ kind }) => kind === 'HTTPRoute')
}
