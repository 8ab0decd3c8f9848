import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { whyNoBinaries, missingTools, onPath, BINARIES } from '@chat-app/sandbox-machine'

const run = promisify(execFile)

/** Something that is missing on this machine, and the remedy. */
export interface MissingRequirement {
  readonly what: string
  readonly remedy: string
}

const ELSEWHERE = 'use an existing cluster: --context NAME'

/**
 * Returns what is missing on this machine for a node sandbox; empty if nothing is. Changes nothing and does not ask for
 * a password.
 */
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

/** Creating containers needs root. Without a terminal to ask for the password, sudo must work without one. */
async function missingRoot(): Promise<MissingRequirement[]> {
  if (process.getuid?.() === 0)
    return (await canUnshare())
      ? []
      : [{ what: 'the right to create namespaces', remedy: `start the container with --privileged, or ${ELSEWHERE}` }]
  if (onPath('sudo') === undefined)
    return [{ what: 'root (sudo is not installed)', remedy: `run the command as root, or ${ELSEWHERE}` }]
  if (process.stdin.isTTY || (await succeeds('sudo', ['-n', 'true']))) return []
  return [
    { what: 'sudo without a password (there is no terminal to ask)', remedy: `run sudo -v first, or ${ELSEWHERE}` },
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
