import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiVersionOf, CHAT_APPS as CHAT_APP } from '@chat-app/chat/resources'
import type { ChatAppStatus } from '@chat-app/crds'
import { version } from '@chat-app/environments'
import { installObjects } from '@chat-app/platform/install'
import { startApi } from '@chat-app/sandbox-cluster'
import { eventually } from '@chat-app/testing'
import { run } from '../../run.ts'
import { createClient, type Client } from '../../runtime/client.ts'
import { loadCredentials } from '../../runtime/credentials.ts'
import { at } from '../../runtime/json.ts'
import type { KubeObject } from '../../runtime/types.ts'
import { Kubelet } from '../kubelet.ts'
import { CHAT_APPS, chatAppOf, LAST_VERSION, NAMESPACE } from './inputs.ts'
import { FOLDER, INSTALL, RECORDED_KINDS } from './recordings.ts'
import { prepare } from './prepare.ts'

// Records what the operator of this checkout leaves on an API server, for the tests of later releases: `npm run record`.

const REGISTRY = 'registry.example.com/chat-app'

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})

async function main(): Promise<void> {
  const folder = join(FOLDER, version)
  if (existsSync(folder)) throw new Error(`${folder} exists: a recording is made once, when the release is made`)
  const install = Object.values(installObjects({ version, registry: REGISTRY })).flat()
  const dir = await mkdtemp(join(tmpdir(), 'record-'))
  const cluster = await startApi({ dir, name: 'record', onProgress: (text) => console.error(text) })
  const client = createClient({ credentials: loadCredentials(cluster.kubeconfig) })
  try {
    await prepare(client, install)
    const recorded = await recordIn(cluster.kubeconfig, client)
    await mkdir(folder, { recursive: true })
    await write(join(folder, INSTALL), install)
    for (const [name, objects] of Object.entries(recorded)) await write(join(folder, `${name}.json`), objects)
  } finally {
    await client.close()
    await cluster.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

/** Runs the operator until all ChatApps are ready, and reads what is there then. */
async function recordIn(kubeconfig: string, client: Client): Promise<Record<string, KubeObject[]>> {
  const kubelet = new Kubelet(client, NAMESPACE)
  const operator = await run({ kubeconfig, watchNamespaces: [NAMESPACE], namespace: NAMESPACE })
  try {
    for (const [name, spec] of Object.entries(CHAT_APPS)) await applyAsUser(client, chatAppOf(name, spec))
    for (const [name, { version }] of Object.entries(CHAT_APPS)) await ready(client, name, version)
    for (const [name, spec] of Object.entries(CHAT_APPS)) {
      await applyAsUser(client, chatAppOf(name, { ...spec, version: LAST_VERSION }))
      await ready(client, name, LAST_VERSION)
    }
  } finally {
    await operator.stop()
    await kubelet.stop()
  }
  const recorded: Record<string, KubeObject[]> = {}
  for (const name of Object.keys(CHAT_APPS)) recorded[name] = await objectsOf(client, name)
  return recorded
}

async function applyAsUser(client: Client, object: KubeObject): Promise<void> {
  await client.apply(object, { fieldManager: 'kubectl' })
}

async function ready(client: Client, name: string, version: string): Promise<void> {
  await eventually(async () => {
    const chatApp = await client.get(CHAT_APP, NAMESPACE, name)
    const status = at<ChatAppStatus>(chatApp, 'status')
    const condition = status?.conditions?.find(({ type }) => type === 'Ready')
    const isReady = condition?.status === 'True' && condition.observedGeneration === chatApp.metadata.generation
    if (!isReady || status?.version !== version) throw new Error(`${name}: ${condition?.reason} ${condition?.message}`)
  })
  console.error(`ChatApp ${name} runs ${version}`)
}

/** The ChatApp and what belongs to it, as the API server stores it. */
async function objectsOf(client: Client, name: string): Promise<KubeObject[]> {
  const chatApp = await client.get(CHAT_APP, NAMESPACE, name)
  const labelSelector = `app.kubernetes.io/instance=${name}`
  const lists = await Promise.all(
    RECORDED_KINDS.map(async (resource) => {
      const { items } = await client.list(resource, NAMESPACE, { labelSelector })
      return items.map((item) => ({ ...item, apiVersion: apiVersionOf(resource), kind: resource.kind }))
    }),
  )
  return [chatApp, ...lists.flat()]
}

/** An object a line, so that a later reader can compare two recordings by lines. */
async function write(file: string, objects: readonly KubeObject[]): Promise<void> {
  await writeFile(file, `[\n${objects.map((object) => JSON.stringify(object)).join(',\n')}\n]\n`)
  console.error(`wrote ${file}: ${objects.length} objects`)
}
