import { existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import {
  abortable,
  binaries,
  debianRoot,
  isAlive,
  BINARIES,
  HANG_MS,
  type Progress,
  waitFor,
} from '@chat-app/sandbox-machine'
import { readClusterRecord, writeClusterRecord, type ClusterRecord } from '../cluster-record.ts'
import { buildImages, type Image } from '@chat-app/sandbox-images'
import type { Cluster } from '../cluster.ts'
import { asRoot } from './as-root.ts'
import { removeWithThisProcess } from './guard.ts'
import type { Network } from './network.ts'
import { NODE_PACKAGES } from './packages.ts'
import { nodeBinds, prepareNode, serverUrl } from './prepare.ts'
import { becomeReady } from './ready.ts'
import { isRunning, MARK, readNodeRecord } from './record.ts'
import { nodeRequirements } from './requirements.ts'

export interface NodeOptions {
  /** Folder of everything this cluster writes; must be empty, absent, or one of a sandbox that is not running. */
  readonly dir: string
  /** Name of the cluster and of the kubeconfig's context; the folder's name by default. */
  readonly name?: string
  /** Short names of the images to build and import; all by default. The pause image is always there. */
  readonly images?: readonly string[]
  /** `detached` (default): it stays until `stop`. `parent`: it goes when this process goes. */
  readonly lifetime?: 'parent' | 'detached'
  readonly onProgress?: Progress
  /** A registry on this machine, at `network.hostAddress` and this port, is pulled from by plain HTTP; all others by HTTPS. */
  readonly registryPort?: number
  /** Ends a start early: it throws the signal's reason, and leaves nothing. */
  readonly signal?: AbortSignal
  /** From the start of its processes. @default 180,000 */
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
 * A whole cluster with one node that runs pods, in namespaces of its own: of the machine it has one network link with a route, and a
 * cgroup. Needs Linux and root (sudo). Where it fails it leaves nothing; the error says what it waited for, with the end of a log.
 */
export async function startNode(options: NodeOptions): Promise<NodeCluster> {
  await assertRequirements()
  const dir = await emptyFolder(options.dir)
  const endGuard = options.lifetime === 'parent' ? removeWithThisProcess(dir) : () => {}
  const remove = async (): Promise<void> => {
    await removeNode(dir)
    endGuard()
  }
  try {
    return { ...(await start(dir, options)), stop: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Builds and downloads what a node of this checkout is made of, where it is not in the cache. */
export async function fetchNode(onProgress: Progress): Promise<void> {
  const programs = binaries(BINARIES, { onProgress })
  await Promise.all([buildImages({ onProgress }), debianRoot(NODE_PACKAGES, onProgress), programs])
}

async function start(dir: string, options: NodeOptions): Promise<NodeCluster> {
  const { onProgress = () => {}, signal, registryPort, readyTimeoutMs = HANG_MS } = options
  const images = buildImages({ ...(options.images && { only: ['pause', ...options.images] }), onProgress })
  // They are only needed when containerd runs; a failure shows there.
  images.catch(() => {})
  const fetched = Promise.all([debianRoot(NODE_PACKAGES, onProgress), binaries(BINARIES, { onProgress })])
  const [debian, programs] = await abortable(fetched, signal)
  const network = await asRoot('makeLink', { dir, debian })
  const { ca } = await prepareNode(dir, options.name ?? basename(dir), network, registryPort)
  signal?.throwIfAborted()
  onProgress('starting the node')
  await asRoot('boot', { dir, debian, network, binds: nodeBinds(programs) })
  const record = clusterRecord(dir, options, network, programs.kubectl)
  const cluster = nodeCluster(dir, record, network)
  const loaded = images.then((built) => cluster.load(built))
  await abortable(Promise.all([loaded, becomeReady(cluster, ca, readyTimeoutMs, onProgress)]), signal)
  writeClusterRecord(dir, record)
  return cluster
}

/** The cluster that was started in this folder; undefined when there is none, or when it does not run any more. */
export function openNode(folder: string): NodeCluster | undefined {
  const dir = realFolder(folder)
  const [record, node] = [readClusterRecord(dir), readNodeRecord(dir)]
  return record?.size === 'node' && isRunning(node) ? nodeCluster(dir, record, node.network) : undefined
}

/** Ends and removes what was started in this folder, whatever is left of it. Throws when it holds something else. */
export async function removeNode(folder: string): Promise<void> {
  const dir = realFolder(folder)
  if (isForeign(dir)) throw new Error(`${dir}: is not a sandbox's folder; it is left alone`)
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
      await waitFor(() => !isAlive(process), { what: `${component} ${process.pid} to end` })
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
  // One whose start was broken off is of no use to anybody; commands of a checkout do not start side by side (sandboxLock).
  if (openNode(dir)) throw new Error(`${dir}: a sandbox already runs there; stop it first`)
  if (readdirSync(dir).length > 0) {
    if (isForeign(dir)) throw new Error(`${dir}: is not empty and not a sandbox's; choose another folder`)
    await removeNode(dir)
    mkdirSync(dir, { recursive: true })
  }
  writeFileSync(join(dir, MARK), '')
  return dir
}

/** Whether somebody else's files are there. What we remove as root is only ever a folder that we have marked before. */
function isForeign(dir: string): boolean {
  return existsSync(dir) && readdirSync(dir).length > 0 && !existsSync(join(dir, MARK))
}
