import {
  AUTOSCALERS,
  CONFIG_MAPS,
  DEPLOYMENTS,
  JOBS,
  PODS,
  SECRETS,
  SERVICES,
  SERVICE_ACCOUNTS,
  type Resource,
} from '@chat-app/chat/resources'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { KubernetesObject } from '@chat-app/chat'
import { buildImages, push, parseRegistry } from '@chat-app/sandbox-images'
import { startNode, type NodeCluster } from '@chat-app/sandbox-cluster'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { freePort, startRegistry, type RegistryServer } from '@chat-app/sandbox-servers'
import { NAMESPACES, ApiServer, established } from '@chat-app/sandbox-cluster/testing'
import { startDemo } from './support/demo.ts'
import { eventually } from '@chat-app/testing'

/**
 * The demo on a cluster that it did not create: a node sandbox without images of this project, named in a kubeconfig,
 * which pulls from a registry on this machine. Afterwards the cluster must be in its initial state.
 */

let folder: string
let cluster: NodeCluster
let registry: RegistryServer
let readOnly: RegistryServer
let server: ApiServer
let env: Record<string, string>
let initialState: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-app-stranger-'))
  const registryPort = await freePort()
  const node = startNode({ dir: join(folder, 'node'), name: 'stranger', images: [], registryPort, lifetime: 'parent' })
  ;[cluster, readOnly] = await Promise.all([node, startRegistry({ readOnly: true })])
  const host = cluster.network.hostAddress
  ;[registry, env] = await Promise.all([startRegistry({ host, port: registryPort }), environment()])
  server = ApiServer.of(cluster.kubeconfig)
  await Promise.all([pushDataStores(), createOtherObjects()])
  initialState = await clusterState()
})

afterAll(async () => {
  await server?.close()
  await Promise.all([cluster?.stop(), registry?.stop(), readOnly?.stop()])
  await rm(folder, { recursive: true, force: true })
})

describe.concurrent('refuses, without a change,', () => {
  test('to start without --yes and without a terminal, and lists what it would create', async () => {
    const { code, output } = await refused(['--context', 'stranger', '--registry', `http://${registry.address}/chat`])
    expect(code).toBe(1)
    for (const name of ['chat-app', 'chat-app-db', 'chat-app-system']) {
      expect(output).toContain(`namespace ${name} and its objects`)
    }
    expect(output).toContain('CustomResourceDefinition chatapps.chat-app.com')
    expect(output).toContain(`push to ${registry.address}/chat`)
    expect(output).toContain('docker.io/library/mariadb:10.11, docker.io/library/redis:7.2')
    expect(output).toContain('Add --yes to continue')
  })

  test('a context that does not exist, and lists the valid ones', async () => {
    const { code, output } = await refused(['--context', 'nowhere', '--yes'])
    expect(code).toBe(1)
    expect(output).toContain('a context named nowhere\n    -> your kubeconfig has gone, stranger')
  })

  test('a cluster that does not answer', async () => {
    const { code, output } = await refused(['--context', 'gone', '--yes'])
    expect(code).toBe(1)
    expect(output).toMatch(/a response from the cluster of context gone: .*connection.* refused/)
  })

  test('a context of an unknown tool without a registry, and names --registry', async () => {
    const { code, output } = await refused(['--context', 'stranger', '--yes'])
    expect(code).toBe(1)
    expect(output).toContain('set a registry that the cluster can pull from: --registry HOST/PATH')
  })

  test('a registry that does not answer, and an invalid address', async () => {
    const silent = `http://127.0.0.1:${await freePort()}/chat`
    const { code, output } = await refused(['--context', 'stranger', '--registry', silent, '--yes'])
    expect(code).toBe(1)
    expect(output).toMatch(/the registry http:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/)
    const wrong = await refused(['--context', 'stranger', '--registry', 'Chat', '--yes'])
    expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining('--registry "Chat": expected HOST') })
  })

  test('a read-only registry, and shows its answer', async () => {
    const there = `http://${readOnly.address}/chat`
    const { code, output } = await refused(['--context', 'stranger', '--registry', there, '--yes'])
    expect(code).toBe(1)
    expect(output).toMatch(/POST http:.*\/blobs\/uploads\/.*: the registry answers 405/)
  })
})

test("refuses a namespace with the demo's name that it did not create", async () => {
  await server.create(namespaceOf('chat-app'))
  await eventually(() => server.get(CONFIG_MAPS, 'chat-app', 'kube-root-ca.crt'))
  const before = await clusterState()
  const { code, output } = await startDemo(withRegistry(), env).ended
  expect(code).toBe(1)
  expect(output).toContain('namespace/chat-app: it already exists and was not created by the demo')
  expect(await clusterState()).toEqual(before)
})

test('an interrupt removes what the demo created, and what an earlier demo left', async () => {
  await server.patch(NAMESPACES, undefined, 'chat-app', { metadata: { labels: { 'chat-app.com/demo': 'true' } } })
  const demo = startDemo(withRegistry(), env)
  await eventually(() => server.get(SECRETS, 'chat-app', 'jwt-secret'))
  demo.signal('SIGINT')
  const { code, output } = await demo.ended
  expect(output).toContain('Interrupted.')
  expect(code).toBe(130)
  expect(await clusterState()).toEqual(initialState)
})

test('two users chat without a lost message; afterwards the cluster is in its initial state', async () => {
  const { code, output } = await startDemo(withRegistry(), env).ended
  expect(output).toMatch(/\| sent +\| +1000 \|/)
  for (const fault of ['lost', 'duplicated', 'reordered'])
    expect(output).toMatch(new RegExp(`\\| ${fault} +\\| +0 \\|`))
  expect(code).toBe(0)
  // Without a terminal the demo prints a line every 2 s, and not one for each message.
  expect(output.match(/of 1000 delivered/g)?.length).toBeLessThan(100)
  expect(await clusterState()).toEqual(initialState)
})

function withRegistry(): string[] {
  const at = registry.address
  const images = ['--mariadb-image', `${at}/data/mariadb:10.11`, '--redis-image', `${at}/data/redis:7.0`]
  return ['--context', 'stranger', '--registry', `http://${at}/chat`, ...images, '--yes']
}

/** Runs the demo, and asserts that the cluster is still in its initial state. */
async function refused(args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const result = await startDemo(args, env).ended
  expect(await clusterState()).toEqual(initialState)
  return result
}

/** The objects outside of its own namespaces that a demo could change, each with uid and resourceVersion. */
async function clusterState(): Promise<string[]> {
  const lines = async (resource: Resource, namespace?: string) =>
    (await server.list(resource, namespace)).map(
      ({ metadata }) =>
        `${resource.kind}/${metadata.name} ${String(metadata['uid'])} ${String(metadata['resourceVersion'])}`,
    )
  const found = [
    ...CLUSTER_RESOURCES.map((kind) => lines(kind)),
    ...NAMESPACED_RESOURCES.map((kind) => lines(kind, 'theirs')),
  ]
  return (await Promise.all(found)).flat().toSorted()
}

const kind = (group: string, version: string, kind: string, plural = `${kind.toLowerCase()}s`): Resource => ({
  group,
  version,
  kind,
  plural,
})

const CLUSTER_RESOURCES = [
  NAMESPACES,
  kind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition'),
  kind('rbac.authorization.k8s.io', 'v1', 'ClusterRole'),
  kind('rbac.authorization.k8s.io', 'v1', 'ClusterRoleBinding'),
  kind('storage.k8s.io', 'v1', 'StorageClass', 'storageclasses'),
  kind('scheduling.k8s.io', 'v1', 'PriorityClass', 'priorityclasses'),
  kind('apiregistration.k8s.io', 'v1', 'APIService'),
  kind('admissionregistration.k8s.io', 'v1', 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies'),
  kind('admissionregistration.k8s.io', 'v1', 'ValidatingAdmissionPolicyBinding'),
]
const NAMESPACED_RESOURCES = [
  PODS,
  SERVICES,
  DEPLOYMENTS,
  JOBS,
  AUTOSCALERS,
  CONFIG_MAPS,
  SECRETS,
  kind('', 'v1', 'ReplicationController'),
  kind('apps', 'v1', 'DaemonSet'),
  kind('apps', 'v1', 'ReplicaSet'),
  kind('apps', 'v1', 'StatefulSet'),
  kind('batch', 'v1', 'CronJob'),
  kind('rbac.authorization.k8s.io', 'v1', 'Role'),
  kind('rbac.authorization.k8s.io', 'v1', 'RoleBinding'),
]

function namespaceOf(name: string, labels: Record<string, string> = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

/** Creates a namespace with an object, a namespace with the demo's label but another name, and a CRD of another group. */
async function createOtherObjects(): Promise<void> {
  const names = { kind: 'Boat', plural: 'boats', singular: 'boat', listKind: 'BoatList' }
  const schema = { openAPIV3Schema: { type: 'object' } }
  const items = [
    namespaceOf('theirs'),
    namespaceOf('labelled', { 'chat-app.com/demo': 'true' }),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs', namespace: 'theirs' }, data: { a: 'b' } },
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'boats.example.com', labels: { 'chat-app.com/demo': 'true' } },
      spec: {
        group: 'example.com',
        names,
        scope: 'Cluster',
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    },
  ]
  for (const item of items) await server.create(item)
  await established(server)
  await eventually(() => server.get(SERVICE_ACCOUNTS, 'theirs', 'default'))
  await eventually(() => server.get(CONFIG_MAPS, 'theirs', 'kube-root-ca.crt'))
}

async function pushDataStores(): Promise<void> {
  const target = parseRegistry(`http://${registry.address}/data`)
  for (const image of await buildImages({ only: ['mariadb', 'redis'] })) {
    const reference = `${target.prefix}/${image.name}:${image.tag}`
    await push(target, { ...image, reference }, { signal: new AbortController().signal })
  }
}

/** Environment variables: a kubeconfig with this cluster and one that does not answer, kubectl on PATH, and no Docker. */
async function environment(): Promise<Record<string, string>> {
  const config = parse(await readFile(cluster.kubeconfig, 'utf8')) as {
    clusters: object[]
    contexts: object[]
    users: { name: string }[]
  }
  const gone = { name: 'gone', cluster: { server: `https://127.0.0.1:${await freePort()}` } }
  const context = { name: 'gone', context: { cluster: 'gone', user: config.users[0]?.name } }
  const kubeconfig = { ...config, clusters: [...config.clusters, gone], contexts: [...config.contexts, context] }
  const file = join(folder, 'kubeconfig')
  await writeFile(file, stringify(kubeconfig), { mode: 0o600 })
  await symlink(cluster.kubectl, join(folder, 'kubectl'))
  return {
    KUBECONFIG: file,
    KUBECACHEDIR: join(folder, 'kubectl-cache'),
    PATH: `${folder}${delimiter}${process.env['PATH']}`,
    DOCKER_HOST: `unix://${folder}/no-docker.sock`,
  }
}
