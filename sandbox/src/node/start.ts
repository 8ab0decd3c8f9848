import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { binaries } from '../binaries.ts'
import { readClusterRecord, writeClusterRecord, type ClusterRecord } from '../cluster-record.ts'
import { debianRoot } from '../debian.ts'
import { buildImages, type Image } from '../images/index.ts'
import { isAlive } from '../process-identity.ts'
import { BINARIES, type Cluster, type Progress } from '../types.ts'
import { waitFor } from '../wait.ts'
import { asRoot } from './as-root.ts'
import type { Network } from './network.ts'
import { NODE_PACKAGES } from './packages.ts'
import { nodeBinds, prepareNode, serverUrl } from './prepare.ts'
import { becomeReady } from './ready.ts'
import { isRunning, readNodeRecord } from './record.ts'
import { nodeRequirements } from './requirements.ts'

export interface NodeOptions {
  /** Folder of everything this cluster writes; must be empty, absent, or one of a sandbox that is not running. */
  readonly dir: string
  /** Name of the cluster and of the kubeconfig's context; the folder's name by default. */
  readonly name?: string
  /** Short names of the images to build and import; all by default. The pause image is always there. */
  readonly images?: readonly string[]
  readonly onProgress?: Progress
  /** From the start of its processes; 120,000 by default. */
  readonly readyTimeoutMs?: number
}

/** Any process that a node's supervisor keeps running. */
export type NodeComponent =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'containerd'
  | 'coredns'

export interface NodeCluster extends Cluster {
  readonly network: Network
  /** Imports images that were built since. */
  load(images: readonly Image[]): Promise<void>
  kill(component: NodeComponent, signal: NodeJS.Signals): Promise<void>
}

/**
 * A whole cluster with one node that runs pods, in namespaces of its own: nothing of it is in the machine's own process list of
 * mounts, rules or namespaces but one link with a route. It outlives this process, until `stop`. Needs Linux and root (sudo).
 */
export async function startNode(options: NodeOptions): Promise<NodeCluster> {
  const say = options.onProgress ?? (() => {})
  await assertRequirements()
  const dir = await emptyFolder(options.dir)
  const [debian, programs, images] = await Promise.all([
    debianRoot(NODE_PACKAGES, say),
    binaries(BINARIES, { onProgress: say }),
    buildImages({ ...(options.images && { only: ['pause', ...options.images] }), say }),
  ])
  const network = await asRoot('makeLink', { dir, debian })
  const { ca } = await prepareNode(dir, options.name ?? basename(dir), network)
  say('starting the node')
  await asRoot('boot', { dir, debian, network, binds: nodeBinds(programs) })
  const record = clusterRecord(dir, options, network, programs.kubectl)
  const cluster = nodeCluster(dir, record, network)
  say(`importing ${images.length} images`)
  await Promise.all([cluster.load(images), becomeReady(cluster, ca, options.readyTimeoutMs ?? 120_000, say)])
  writeClusterRecord(dir, record)
  return cluster
}

/** The cluster that was started in this folder; undefined when there is none, or when it does not run any more. */
export function openNode(folder: string): NodeCluster | undefined {
  const dir = realFolder(folder)
  const [record, node] = [readClusterRecord(dir), readNodeRecord(dir)]
  return record?.size === 'node' && isRunning(node) ? nodeCluster(dir, record, node.network) : undefined
}

/** Ends and removes what was started in this folder, whatever is left of it. */
export async function removeNode(folder: string): Promise<void> {
  const dir = realFolder(folder)
  await asRoot('remove', { dir, debian: await debianRoot(NODE_PACKAGES) })
}

function nodeCluster(dir: string, record: ClusterRecord, network: Network): NodeCluster {
  return {
    name: record.name,
    dir,
    server: record.server,
    kubeconfig: record.kubeconfig,
    kubectl: record.kubectl,
    network,
    load: (images) => asRoot('importImages', { dir, images }),
    kill: async (component, signal) => {
      const process = await asRoot('signal', { dir, component, signal })
      await waitFor(() => !isAlive(process), { timeoutMs: 30_000, what: `${component} ${process.pid} to end` })
    },
    stop: () => removeNode(dir),
  }
}

function clusterRecord(dir: string, options: NodeOptions, network: Network, kubectl: string): ClusterRecord {
  const name = options.name ?? basename(dir)
  return { size: 'node', name, server: serverUrl(network), kubeconfig: `${dir}/kubeconfig`, kubectl }
}

async function assertRequirements(): Promise<void> {
  const missing = await nodeRequirements()
  if (missing.length === 0) return
  const lines = missing.map(({ what, remedy }) => `  - ${what}: ${remedy}`)
  throw new Error(['a node sandbox cannot run on this machine. Missing:', ...lines].join('\n'))
}

/** The same for every way to name the folder, as the sandbox's name is made of it. */
function realFolder(folder: string): string {
  return existsSync(folder) ? realpathSync(folder) : resolve(folder)
}

async function emptyFolder(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const dir = realFolder(folder)
  const record = readNodeRecord(dir)
  if (isRunning(record)) throw new Error(`${dir}: a sandbox already runs there; stop it first`)
  if (record || readdirSync(dir).length > 0) {
    if (!isOurs(dir)) throw new Error(`${dir}: is not empty and not a sandbox's; choose another folder`)
    await removeNode(dir)
    mkdirSync(dir, { recursive: true })
  }
  return dir
}

/** A start that was ended early leaves some of what it writes first. */
function isOurs(dir: string): boolean {
  return ['node.json', 'plan.json', 'pki', 'logs'].some((name) => readdirSync(dir).includes(name))
}
