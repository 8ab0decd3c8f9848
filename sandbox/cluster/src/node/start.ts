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
  /** Folder for all files of the cluster. It must be empty, missing, or the folder of a sandbox that is not running. */
  readonly dir: string
  /** Name of the cluster and of the kubeconfig's context. @default the name of the folder */
  readonly name?: string
  /** Short names of the images to build and import. The pause image is always included. @default all images */
  readonly images?: readonly string[]
  /** `detached`: the cluster runs until `stop`. `parent`: it ends with this process. @default 'detached' */
  readonly lifetime?: 'parent' | 'detached'
  readonly onProgress?: Progress
  /** Port of a plain HTTP registry at `network.hostAddress`. Images of all other registries are pulled over HTTPS. */
  readonly registryPort?: number
  /** Interrupts the start: `startNode` removes the partly started cluster and throws the signal's reason. */
  readonly signal?: AbortSignal
  /** Time from the start of the processes until the cluster must be ready, milliseconds. @default 180,000 */
  readonly readyTimeoutMs?: number
}

/** The processes of a node that `NodeCluster.kill` accepts. */
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
  /** Imports images that were built after the start. */
  load(images: readonly Image[]): Promise<void>
  /** Sends a signal and waits until the process has ended. */
  kill(component: NodeComponent, signal: NodeJS.Signals): Promise<void>
  /** Stops the process, as SIGSTOP does, until `resume`. */
  freeze(component: NodeComponent): Promise<void>
  resume(component: NodeComponent): Promise<void>
}

/**
 * Starts a cluster with one node that runs pods. The node runs in its own namespaces; on the machine it has one network
 * link with a route, and a cgroup. Needs Linux and root (sudo). If the start fails, everything is removed.
 *
 * @throws Error that names the missing requirements, or what did not become ready, with the end of a log
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

/** Builds and downloads the programs, packages and images of a node that are not in the cache. */
export async function fetchNode(onProgress: Progress): Promise<void> {
  const programs = binaries(BINARIES, { onProgress })
  await Promise.all([buildImages({ onProgress }), debianRoot(NODE_PACKAGES, onProgress), programs])
}

async function start(dir: string, options: NodeOptions): Promise<NodeCluster> {
  const { onProgress = () => {}, signal, registryPort, readyTimeoutMs = HANG_MS } = options
  const images = buildImages({ ...(options.images && { only: ['pause', ...options.images] }), onProgress })
  // The images are needed, and a failure is handled, only after containerd has started.
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

/** Returns the cluster that was started in the folder; undefined if there is none or it is not running. */
export function openNode(folder: string): NodeCluster | undefined {
  const dir = realFolder(folder)
  const [record, node] = [readClusterRecord(dir), readNodeRecord(dir)]
  return record?.size === 'node' && isRunning(node) ? nodeCluster(dir, record, node.network) : undefined
}

/**
 * Ends the cluster in the folder and removes it, even if it is only partly started.
 *
 * @throws Error if the folder contains files but is not marked as one of a sandbox
 */
export async function removeNode(folder: string): Promise<void> {
  const dir = realFolder(folder)
  if (isForeign(dir)) throw new Error(`${dir}: the folder does not belong to a sandbox and is not removed`)
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
    freeze: async (component) => void (await asRoot('signal', { dir, component, signal: 'SIGSTOP' })),
    resume: async (component) => void (await asRoot('signal', { dir, component, signal: 'SIGCONT' })),
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
  throw new Error(['A node sandbox cannot run on this machine. Missing:', ...lines].join('\n'))
}

/** The name of the sandbox depends on the path, so different paths of the same folder must give the same result. */
function realFolder(folder: string): string {
  return existsSync(folder) ? realpathSync(folder) : resolve(folder)
}

async function emptyFolder(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const dir = realFolder(folder)
  // A partly started sandbox is not running, and is removed below. The commands of a checkout do not start sandboxes at
  // the same time (sandboxLock).
  if (openNode(dir)) throw new Error(`${dir}: a sandbox is already running in this folder; stop it first`)
  if (readdirSync(dir).length > 0) {
    if (isForeign(dir))
      throw new Error(`${dir}: the folder is not empty and does not belong to a sandbox; choose another folder`)
    await removeNode(dir)
    mkdirSync(dir, { recursive: true })
  }
  writeFileSync(join(dir, MARK), '')
  return dir
}

/** Reports whether the folder has files but no mark. Only a marked folder may be removed as root. */
function isForeign(dir: string): boolean {
  return existsSync(dir) && readdirSync(dir).length > 0 && !existsSync(join(dir, MARK))
}
