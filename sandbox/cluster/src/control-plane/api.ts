import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import {
  binaries,
  freePorts,
  HANG_MS,
  isAlive,
  signalProcess,
  logTail,
  stopAndRemove,
  startSupervisor,
  readState,
  type SupervisorPlan,
  type Progress,
  waitFor,
} from '@chat-app/sandbox-machine'
import { readClusterRecord, writeClusterRecord, type ClusterRecord } from '../cluster-record.ts'
import { controlPlane, type ControlPlanePorts } from './components.ts'
import { putIntoEtcd } from './etcd.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { writePki } from './pki.ts'
import type { Cluster, Component } from '../cluster.ts'

export interface ApiOptions {
  /** Folder for all files of the cluster. It must be empty, missing, or the folder of a sandbox that is not running. */
  readonly dir: string
  /** Name of the cluster and of the kubeconfig's context. @default the name of the folder */
  readonly name?: string
  /** `parent`: the cluster ends with this process. `detached`: it runs until `stop`. @default 'parent' */
  readonly lifetime?: SupervisorPlan['lifetime']
  readonly onProgress?: Progress
  /** Time from the start of the processes until the cluster must be ready, milliseconds. @default 180,000 */
  readonly readyTimeoutMs?: number
}

export interface ApiCluster extends Cluster {
  /** Stores objects in etcd, by their keys, with the UIDs that they have: the API server gives new ones. */
  store(objects: ReadonlyMap<string, object>): Promise<void>
}

const PROGRAMS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const
type Programs = Record<(typeof PROGRAMS)[number], string>

const SERVICE_CIDR = '10.96.0.0/16'
const FIRST_SERVICE_ADDRESS = '10.96.0.1'
const MAX_ATTEMPTS = 5
/** File that marks the folder as one of a sandbox. */
const MARKER = '.chat-app-sandbox'

/**
 * Starts a real API server with etcd and the controllers, but without a node: pods are accepted and never run. Needs no
 * root. All processes listen on free ports of 127.0.0.1, so several clusters can run at the same time.
 *
 * @throws Error if a sandbox is running in the folder, if the folder contains other files, or if the cluster does not
 * become ready
 */
export async function startApi(options: ApiOptions): Promise<ApiCluster> {
  const dir = resolve(options.dir)
  const onProgress = options.onProgress ?? (() => {})
  await prepare(dir)
  const programs = await binaries(PROGRAMS, { onProgress })
  onProgress('starting etcd, kube-apiserver and kube-controller-manager')
  const record = await startOnFreePorts({ ...options, dir }, programs)
  return cluster(dir, record)
}

/** Returns the cluster that was started in the folder; undefined if there is none or it is not running. */
export function openApi(folder: string): ApiCluster | undefined {
  const dir = resolve(folder)
  const [record, state] = [readClusterRecord(dir), readState(dir)]
  return record?.size === 'api' && state && isAlive(state.supervisor) ? cluster(dir, record) : undefined
}

async function prepare(dir: string): Promise<void> {
  const state = readState(dir)
  const runs = state && isAlive(state.supervisor) && readClusterRecord(dir)
  if (runs) throw new Error(`${dir}: a sandbox is already running in this folder; stop it first`)
  // Includes a sandbox whose start was interrupted.
  if (state || existsSync(join(dir, MARKER))) await stopAndRemove(dir)
  makeFolder(dir)
}

/** Marks the folder first: an interrupted start leaves files, and the next start removes files only from a marked folder. */
function makeFolder(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  if (readdirSync(dir).length > 0)
    throw new Error(`${dir}: the folder is not empty and does not belong to a sandbox; choose another folder`)
  writeFileSync(join(dir, MARKER), '')
}

/** Another process can take a port before the cluster uses it. Such a start is repeated with other ports. */
async function startOnFreePorts(options: ApiOptions, programs: Programs): Promise<ClusterRecord> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(options, programs)
    } catch (error) {
      const collided = PROGRAMS.some((name) => logTail(options.dir, name, 50).includes('address already in use'))
      await stopAndRemove(options.dir)
      if (!collided || attempt >= MAX_ATTEMPTS) throw error
      makeFolder(options.dir)
    }
  }
}

async function start(options: ApiOptions, programs: Programs): Promise<ClusterRecord> {
  const { dir, name = basename(dir), lifetime = 'parent' } = options
  const ports = await choosePorts()
  const { files, kubeconfigs } = await writeCredentials(dir, name, ports)
  const processes = controlPlane({
    dir,
    programs,
    pki: files,
    kubeconfigs,
    ports,
    bindAddress: '127.0.0.1',
    advertiseAddress: '127.0.0.1',
    serviceCidr: SERVICE_CIDR,
  })
  await startSupervisor({ dir, processes, lifetime })
  await allReady(dir, processes, options.readyTimeoutMs ?? HANG_MS)
  const kubectl = programs.kubectl
  const etcd = `https://127.0.0.1:${ports.etcd}`
  const record = { size: 'api', name, server: serverUrl(ports), etcd, kubeconfig: kubeconfigs.admin, kubectl } as const
  writeClusterRecord(dir, record)
  return record
}

async function choosePorts(): Promise<ControlPlanePorts> {
  const [etcd = 0, etcdPeer = 0, apiServer = 0, controllerManager = 0] = await freePorts(4)
  return { etcd, etcdPeer, apiServer, controllerManager }
}

async function writeCredentials(dir: string, name: string, ports: ControlPlanePorts) {
  const pki = await writePki(join(dir, 'pki'), { addresses: [FIRST_SERVICE_ADDRESS] })
  const shared = { name, server: serverUrl(ports), caCertificate: pki.caCertificate }
  return {
    files: pki.files,
    kubeconfigs: {
      admin: await writeKubeconfig(join(dir, 'kubeconfig'), { ...shared, identity: pki.clients.admin }),
      controllerManager: await writeKubeconfig(join(dir, 'pki', 'controller-manager.kubeconfig'), {
        ...shared,
        identity: pki.clients.controllerManager,
        user: 'system:kube-controller-manager',
      }),
    },
  }
}

/** Waits until all processes are ready. Fails early if a process ends repeatedly. */
async function allReady(dir: string, processes: readonly { name: string }[], timeoutMs: number): Promise<void> {
  const ready = (): boolean => {
    const states = readState(dir)?.processes ?? {}
    const broken = processes.find(({ name }) => (states[name]?.restarts ?? 0) >= 3)
    if (broken) throw new Error(`${broken.name} ends repeatedly:\n${logTail(dir, broken.name)}`)
    return processes.every(({ name }) => states[name]?.ready)
  }
  await waitFor(ready, { timeoutMs, what: `the API server in ${dir} to be ready (see ${join(dir, 'logs')})` })
}

function cluster(dir: string, record: ClusterRecord): ApiCluster {
  return {
    name: record.name,
    dir,
    kubeconfig: record.kubeconfig,
    server: record.server,
    kubectl: record.kubectl,
    kill: (component, signal) => kill(dir, component, signal),
    stop: () => stopAndRemove(dir),
    store: (objects) => putIntoEtcd(record.etcd ?? '', join(dir, 'pki'), objects),
  }
}

async function kill(dir: string, component: Component, signal: NodeJS.Signals): Promise<void> {
  const identity = readState(dir)?.processes[component]?.identity
  if (!identity || !signalProcess(identity, signal)) throw new Error(`${component} of ${dir} is not running`)
  await waitFor(() => !isAlive(identity), { what: `${component} ${identity.pid} to end` })
}

function serverUrl(ports: ControlPlanePorts): string {
  return `https://127.0.0.1:${ports.apiServer}`
}
