import { installManifests, installObjects } from '@chat-app/platform/install'
import { kubectl, type Kubectl, established } from '@chat-app/kubectl'
import { startApi, type Cluster } from '@chat-app/sandbox-cluster'
import { whyNoTool } from '@chat-app/sandbox-machine'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ApiServer, objections } from '@chat-app/sandbox-cluster/testing'
import { DEADLINE_MS } from '@chat-app/testing'
import { writeChart } from './chart.ts'
import { Helm } from './testing/helm.ts'

const checkout = resolve(import.meta.dirname, '..', '..', '..')
const registry = 'registry.example.com/chat-app'
const CRD = 'crd/chatapps.chat-app.com'
const why = whyNoTool('helm')
const skipped = why === undefined ? '' : ` (skipped: ${why})`

// A separate API server: on the shared one the CRD does not belong to Helm.
let cluster: Cluster
let run: Kubectl
let helm: Helm
let work: string
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'chat-app-install-'))
  cluster = await startApi({ dir: join(work, 'cluster'), name: 'install' })
  run = kubectl({ binary: cluster.kubectl, kubeconfig: cluster.kubeconfig })
  if (why === undefined) helm = await Helm.start(cluster.kubeconfig)
})
afterAll(async () => {
  await helm?.stop()
  await cluster?.stop()
  await rm(work, { recursive: true })
})

test.skipIf(why !== undefined)(`Helm installs, upgrades and uninstalls; the ChatApps stay${skipped}`, async () => {
  for (const name of ['by-helm', 'chats', 'data']) await run(['create', 'namespace', name])
  const release = ['chat-app-operator', '--namespace', 'by-helm']
  const first = await chart('1.2.3')
  const watched = ['--set', 'watchNamespaces={chats}']
  await helm.run('install', ...release, first, ...watched, '--dry-run=server')
  expect(await run(['get', 'crd', '--output=name'])).toBe('')

  await expect(helm.run('install', ...release, first)).rejects.toThrow('namespaces "chat-app" not found')
  const said = await helm.run('upgrade', '--install', ...release, first, ...watched)
  expect(said).toContain('reconciles the ChatApps of: chats')
  expect(await image('by-helm')).toBe(`${registry}/operator:1.2.3`)
  await established(run, [CRD], DEADLINE_MS / 1000)
  await run(['apply', '-f', '-'], { input: JSON.stringify(chatApp) })

  await helm.run('upgrade', ...release, await chart('1.3.0'), ...watched, '--set', 'clusterNamespaces={data}')
  expect(await image('by-helm')).toBe(`${registry}/operator:1.3.0`)
  expect(await run(['get', 'role', '-n', 'data', '-o', 'name'])).toContain('chat-app-operator-clusters')

  await helm.run('rollback', ...release)
  expect(await image('by-helm')).toBe(`${registry}/operator:1.2.3`)
  expect(await run(['get', 'role', '-n', 'data', '-o', 'name'])).toBe('')

  await helm.run('uninstall', ...release)
  expect(await run(['get', 'deployment,serviceaccount', '-n', 'by-helm', '-o', 'name'])).not.toContain('chat-app')
  expect(await run(['get', 'chatapps', '-A', '-o', 'name'])).toBe('chatapp.chat-app.com/mine\n')
  await run(['delete', CRD])
})

test('install.yaml is accepted without an unknown field or a warning', async () => {
  const server = ApiServer.of(cluster.kubeconfig)
  const files = installObjects({ version: '1.2.3', registry })
  try {
    const [first, rest] = [files['install-crd.yaml'], files['install.yaml']]
    expect(await objections(server, first)).toEqual([])
    for (const namespace of first.filter(({ kind }) => kind === 'Namespace')) await server.create(namespace)
    expect(rest.map(({ kind }) => kind)).toContain('Deployment')
    expect(await objections(server, rest)).toEqual([])
  } finally {
    await server.close()
  }
  for (const input of Object.values(installManifests({ version: '1.2.3', registry })))
    await run(['apply', '--server-side', '--force-conflicts', '--validate=strict', '-f', '-'], { input })
  await established(run, [CRD], DEADLINE_MS / 1000)
  expect(await image('chat-app-system')).toBe(`${registry}/operator:1.2.3`)
})

test('deleting install.yaml leaves the CRD, ChatApps, their children, Secrets and volumes', async () => {
  const kept = [
    { ...chatApp, metadata: { name: 'mine', namespace: 'chat-app' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db-credentials', namespace: 'chat-app' } },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'chat-app' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ]
  await run(['apply', '-f', '-'], { input: kept.map((object) => JSON.stringify(object)).join('\n---\n') })
  const uid = await run(['get', 'chatapp', 'mine', '-n', 'chat-app', '-o', 'jsonpath={.metadata.uid}'])
  const owner = { apiVersion: chatApp.apiVersion, kind: 'ChatApp', name: 'mine', uid, controller: true }
  const metadata = { name: 'mine-config', namespace: 'chat-app', ownerReferences: [owner] }
  await run(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata }) })
  const each = '{.kind}/{.metadata.name} {.metadata.uid}{.metadata.deletionTimestamp}{"\\n"}'
  const kinds = 'chatapps,secrets,persistentvolumeclaims,configmaps'
  const left = () => run(['get', kinds, '-n', 'chat-app', '-o', `jsonpath={range .items[*]}${each}{end}`])
  const before = await left()
  for (const name of ['ChatApp/mine', 'Secret/db-credentials', 'PersistentVolumeClaim/data', 'ConfigMap/mine-config'])
    expect(before).toContain(`${name} `)

  const input = installManifests({ version: '1.2.3', registry })['install.yaml']
  await run(['delete', '--wait', '-f', '-'], { input })
  expect(await run(['get', 'deployments,roles', '-A', '-o', 'name'])).not.toContain('chat-app-operator')
  expect(await run(['get', CRD, 'namespace/chat-app', '-o', 'jsonpath={..deletionTimestamp}'])).toBe('')
  expect(await left()).toBe(before)
  await run(['apply', '--server-side', '-f', '-'], { input })
})

test.skipIf(why !== undefined)(`Helm takes over what install.yaml has installed${skipped}`, async () => {
  const release = ['chat-app-operator', await chart('1.3.0'), '--namespace', 'chat-app-system']
  await expect(helm.run('install', ...release)).rejects.toThrow('invalid ownership metadata')
  await helm.run('install', ...release, '--take-ownership', '--force-conflicts')
  expect(await image('chat-app-system')).toBe(`${registry}/operator:1.3.0`)
})

async function chart(version: string): Promise<string> {
  return join(work, await writeChart(work, checkout, { version, registry }))
}

function image(namespace: string): Promise<string> {
  const path = '{.spec.template.spec.containers[0].image}'
  return run(['get', 'deployment', 'chat-app-operator', '-n', namespace, '-o', `jsonpath=${path}`])
}

const chatApp = {
  apiVersion: 'chat-app.com/v1alpha1',
  kind: 'ChatApp',
  metadata: { name: 'mine', namespace: 'chats' },
  spec: { version: '1.2.3' },
}
