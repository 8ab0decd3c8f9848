import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdtemp, readdir, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { debianRoot, inRoot } from '@chat-app/sandbox-machine'
import { NODE_PACKAGES } from './packages.ts'
import { readNodeRecord } from './record.ts'

const run = promisify(execFile)

/** An empty folder for a sandbox of a test's own. */
export async function ownFolder(name = 'chat-app-own-node'): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), `${name}-`)))
}

/** What of this machine a sandbox could change, as it is now. Of sandboxes' links and routes only those of this index count: others come and go. */
export async function machineState(index?: number) {
  const ours = (lines: string): string[] =>
    lines.split('\n').filter((line) => (/chat-app-(\d+)/.exec(line)?.[1] ?? `${index}`) === `${index}`)
  return {
    links: ours(await ip('-brief', 'link', 'show')),
    routes: ours(await ip('route', 'show', 'table', 'all')),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
    rules: await firewallRules(),
    settings: settings(),
  }
}

/** What is there of the sandbox in this folder. */
export interface Traces {
  /** Numbers of processes in its namespaces. */
  readonly processes: number[]
  readonly cgroups: string[]
  readonly files: string[]
}

/** Gives a function that looks for what is left of a running sandbox, also when its record is gone by then. */
export function tracer(dir: string, cgroup: string): () => Promise<Traces> {
  const init = readNodeRecord(dir)?.init.pid
  const namespaces = new Set(['net', 'mnt', 'pid', 'uts'].map((kind) => readlinkSync(`/proc/${init}/ns/${kind}`)))
  return async () => ({
    processes: processes().filter((pid) => namespacesOf(pid).some((namespace) => namespaces.has(namespace))),
    cgroups: cgroups(cgroup),
    files: existsSync(dir) ? await readdir(dir) : [],
  })
}

export const NO_TRACES: Traces = { processes: [], cgroups: [], files: [] }

/** Programs of a sandbox's node run as seen from this machine: process numbers by the first argument's base name. */
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
    return ['net', 'mnt', 'pid', 'uts'].map((kind) => readlinkSync(`/proc/${pid}/ns/${kind}`))
  } catch {
    // It has ended, or has not quite.
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

/** Settings of the kernel that belong to the whole machine and that a kubelet or kube-proxy would change. */
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
