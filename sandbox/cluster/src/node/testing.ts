import { execFile } from 'node:child_process'
import { existsSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdtemp, readdir, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { NODE_PACKAGES } from './packages.ts'
import { readNodeRecord } from './record.ts'

const run = promisify(execFile)

/** Creates an empty folder for the sandbox of a test. */
export async function ownFolder(name = 'chat-app-own-node'): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), `${name}-`)))
}

/**
 * Returns the state of this machine that a sandbox could change. It excludes the links and routes of sandboxes with
 * another index, which can start and end meanwhile.
 */
export async function machineState(index?: number) {
  const relevant = (lines: string): string[] =>
    lines.split('\n').filter((line) => (/chat-app-(\d+)/.exec(line)?.[1] ?? `${index}`) === `${index}`)
  return {
    links: relevant(await ip('-brief', 'link', 'show')),
    routes: relevant(await ip('route', 'show', 'table', 'all')),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
    rules: await firewallRules(),
    settings: settings(),
  }
}

/** What exists of a sandbox. */
export interface Traces {
  /** PIDs of the processes in its namespaces. Those of pods are not, but are in its cgroups. */
  readonly processes: number[]
  readonly cgroups: string[]
  readonly files: string[]
}

/** An open file of these two keeps no link and no mount. Each process that `unshare` and `nsenter` start is in both. */
const TRACED_NAMESPACES = ['pid', 'uts']

/** Returns a function that finds what exists of a sandbox, even after its `node.json` is removed. The sandbox must be running. */
export function tracer(dir: string, cgroup: string): () => Promise<Traces> {
  const init = readNodeRecord(dir)?.init.pid
  const paths = TRACED_NAMESPACES.map((kind) => `/proc/${init}/ns/${kind}`)
  // The kernel gives the number of a namespace that is gone to the next one, for example to a pod of another sandbox.
  // A namespace with an open file keeps its number.
  for (const path of paths) openSync(path, 'r')
  const namespaces = new Set(paths.map((path) => readlinkSync(path)))
  return async () => ({
    processes: processes().filter((pid) => namespacesOf(pid).some((namespace) => namespaces.has(namespace))),
    cgroups: cgroups(cgroup),
    files: existsSync(dir) ? await readdir(dir) : [],
  })
}

export const NO_TRACES: Traces = { processes: [], cgroups: [], files: [] }

/** Returns the PIDs, on this machine, of the node's processes whose command line contains the name. */
export function processesNamed(dir: string, name: string): number[] {
  const init = readNodeRecord(dir)?.init.pid
  const namespace = readlinkSync(`/proc/${init}/ns/pid`)
  return processes().filter((pid) => namespacesOf(pid).includes(namespace) && commandLine(pid).includes(name))
}

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

function namespacesOf(pid: number): string[] {
  try {
    return TRACED_NAMESPACES.map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`))
  } catch {
    // The process has ended, or is about to end.
    return []
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

function cgroups(name: string): string[] {
  const mount = '/sys/fs/cgroup'
  const folders = [mount, ...readdirSync(mount).map((hierarchy) => join(mount, hierarchy))]
  return folders.map((folder) => join(folder, name)).filter((path) => existsSync(path))
}

/** Kernel settings of the whole machine that a kubelet or kube-proxy would change. */
function settings(): Record<string, string> {
  const names = [
    'vm/overcommit_memory',
    'kernel/panic',
    'kernel/panic_on_oops',
    'kernel/keys/root_maxkeys',
    'net/ipv4/ip_forward',
    'net/netfilter/nf_conntrack_max',
  ]
  const present = names.filter((name) => existsSync(`/proc/sys/${name}`))
  return Object.fromEntries(present.map((name) => [name, readFileSync(`/proc/sys/${name}`, 'utf8').trim()]))
}

async function firewallRules(): Promise<string> {
  const [command = '', ...prefix] = inRoot(await debianRoot(NODE_PACKAGES), 'xtables-nft-multi')
  return (await run(command, [...prefix, 'iptables-save'])).stdout.replaceAll(/^#.*\n/gm, '')
}

async function ip(...args: string[]): Promise<string> {
  const [command = '', ...prefix] = inRoot(await debianRoot(NODE_PACKAGES), 'ip')
  return (await run(command, [...prefix, ...args])).stdout
}
