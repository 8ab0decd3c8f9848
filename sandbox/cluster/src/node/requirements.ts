import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { whyNoBinaries, missingTools, onPath, BINARIES } from '@chat-app/sandbox-machine'

const run = promisify(execFile)

/** Something this machine lacks, and what would help. */
export interface MissingRequirement {
  readonly what: string
  readonly remedy: string
}

const ELSEWHERE = 'use a cluster that you have: --context NAME'

/** What this machine lacks for a node sandbox; empty when it has everything. Nothing is changed, nobody is asked for a password. */
export async function nodeRequirements(): Promise<MissingRequirement[]> {
  if (process.platform !== 'linux') {
    return [
      { what: `Linux (this is ${process.platform})`, remedy: `run this in a Linux virtual machine, or ${ELSEWHERE}` },
    ]
  }
  return [...missingPackages(), ...missingKernel(), ...(await missingRoot()), ...missingPrograms()]
}

function missingPackages(): MissingRequirement[] {
  const tools = missingTools()
  const remedy = `use a Debian or Ubuntu machine, or ${ELSEWHERE}`
  return tools.length === 0 ? [] : [{ what: `${tools.join(', ')} (to unpack Debian's packages)`, remedy }]
}

function missingPrograms(): MissingRequirement[] {
  const reason = whyNoBinaries(BINARIES)
  return reason === undefined ? [] : [{ what: 'the programs of Kubernetes', remedy: reason }]
}

function missingKernel(): MissingRequirement[] {
  const needed = {
    '/proc/self/ns/net': 'network namespaces',
    '/proc/self/ns/pid': 'process namespaces',
    '/sys/fs/cgroup': 'cgroups',
    '/proc/sys/net/ipv4/ip_forward': 'IPv4',
  }
  return Object.entries(needed)
    .filter(([path]) => !existsSync(path))
    .map(([path, what]) => ({ what: `${what} (${path})`, remedy: `use another machine or kernel, or ${ELSEWHERE}` }))
}

/** Containers are made by root. A terminal can ask for sudo's password; otherwise sudo must work without. */
async function missingRoot(): Promise<MissingRequirement[]> {
  if (process.getuid?.() === 0)
    return (await canUnshare())
      ? []
      : [{ what: 'the right to make namespaces', remedy: `start the container with --privileged, or ${ELSEWHERE}` }]
  if (onPath('sudo') === undefined)
    return [{ what: 'root (and there is no sudo)', remedy: `run it as root, or ${ELSEWHERE}` }]
  if (process.stdin.isTTY || (await succeeds('sudo', ['-n', 'true']))) return []
  return [
    { what: 'sudo without a password, as there is no terminal to ask', remedy: `run sudo -v before, or ${ELSEWHERE}` },
  ]
}

/** CAP_SYS_ADMIN and CAP_NET_ADMIN, bits 21 and 12 of the effective set (capabilities(7)). */
async function canUnshare(): Promise<boolean> {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return [21n, 12n].every((bit) => ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n)
}

function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args).then(
    () => true,
    () => false,
  )
}
